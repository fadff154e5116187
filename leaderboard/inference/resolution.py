"""What these patients can and cannot tell apart: the resolution floor, and how many patients would be needed."""

from __future__ import annotations

import math

import numpy as np

from leaderboard.measures import Floats

MOST_PATIENTS = 10**6  # no study has more, and differences of rounding would ask for 10^30


def resolution_floor(samples: Floats, reach: float | Floats) -> float:
    """Return the smallest difference that these patients can show between two typical entries.

    It is the median over pairs of entries of the half width of the interval of their paired difference.

    Args:
        samples: Scores on shared resamples, (n_entries, B); those without any score are left out.
        reach: Of ``ties.tie_reach``, of all entries or of each; of two, the larger counts.

    Returns:
        NaN with fewer than two entries, or without two patients of any stratum.
    """
    if np.isinf(reach).any():
        return math.nan
    there = ~np.isnan(samples).all(axis=1)
    known, wide = samples[there], np.broadcast_to(reach, len(samples))[there]
    halves = [
        max(wide[i], wide[j]) * float(np.nanstd(known[i] - known[j], ddof=1))
        for i in range(len(known))
        for j in range(i)
    ]
    return float(np.median(halves)) if halves else math.nan


def patients_needed(difference: float, spread: float, n_patients: int, reach: float) -> float:
    """Return about how many patients would make the interval of a difference exclude 0, if it stays as it is.

    The spread of a difference falls with the root of the number of patients. What few patients add to an interval falls
    faster and is kept as it is, so the figure is rather too large.

    Args:
        difference: Observed.
        spread: Its standard deviation over patient resamples.
        n_patients: Number of patients it was observed on.
        reach: Of ``ties.tie_reach`` for these patients.

    Returns:
        Infinity where more than a million would be needed, as for a difference of 0 or one that rounding made; NaN
        where it or its spread is not known.
    """
    if math.isnan(difference) or not math.isfinite(reach * spread):
        return math.nan
    half = reach * spread
    if abs(difference) * math.sqrt(MOST_PATIENTS / n_patients) < half or difference == 0:
        return math.inf
    return math.ceil(n_patients * (half / difference) ** 2)
