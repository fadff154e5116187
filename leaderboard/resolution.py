"""What these patients can and cannot tell apart: the resolution floor, and how many patients would be needed."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import norm

from leaderboard.counts import Floats

_Z = float(norm.ppf(0.975))


def resolution_floor(samples: Floats) -> float:
    """Return the smallest difference that these patients can show between two typical entries.

    It is the median over pairs of entries of the half width of the 95 % interval of their paired difference.

    Args:
        samples: Scores on shared resamples, (n_entries, B); entries with NaN are left out.

    Returns:
        NaN with fewer than two entries.
    """
    whole = samples[~np.isnan(samples).any(axis=1)]
    spreads = [float(np.std(a - b, ddof=1)) for i, a in enumerate(whole) for b in whole[:i]]
    return _Z * float(np.median(spreads)) if spreads else math.nan


def patients_needed(difference: float, spread: float, n_patients: int) -> float:
    """Return about how many patients would make the 95 % interval of a difference exclude 0, if it stays as it is.

    The spread of a difference falls with the root of the number of patients.

    Args:
        difference: Observed.
        spread: Its standard deviation over patient resamples.
        n_patients: Number of patients it was observed on.

    Returns:
        Infinity where the difference is 0, NaN where it is not known.
    """
    if math.isnan(difference) or math.isnan(spread):
        return math.nan
    return math.inf if difference == 0 else math.ceil(n_patients * (_Z * spread / difference) ** 2)
