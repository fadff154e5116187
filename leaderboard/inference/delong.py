"""DeLong's test: are the AUROCs of two entries on the same patients different?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import norm

from leaderboard.measures import Floats, Ints


class DeLong(NamedTuple):
    """Difference of two AUROCs, its standard error, and the two-sided p-value."""

    difference: float
    error: float
    p: float


def delong(y: Ints, first: Floats, second: Floats, fold: Ints | None = None) -> DeLong:
    """Compare two scores of class 1 on the same independent patients.

    Within folds as ``leaderboard.measures.auroc`` does: a fold counts by its pairs. NaN where no fold holds both
    classes.

    Args:
        y: int (n,), 0 or 1; one row a patient.
        first: float (n,), score of the first entry.
        second: float (n,), of the second.
        fold: int (n,), or None for one group.

    Reference: E. DeLong et al., Comparing the areas under two or more correlated receiver operating characteristic
    curves, 1988.
    """
    groups = [np.arange(len(y))] if fold is None else [np.flatnonzero(fold == f) for f in np.unique(fold)]
    parts = [_fold(y[g], np.stack([first[g], second[g]])) for g in groups if 0 < y[g].sum() < len(g)]
    if not parts:
        return DeLong(np.nan, np.nan, np.nan)
    pairs = np.array([n for n, _, _ in parts], dtype=np.float64)
    share = pairs / pairs.sum()
    difference = float(share @ [gap for _, gap, _ in parts])
    error = float(np.sqrt(share**2 @ [variance for _, _, variance in parts]))
    return DeLong(difference, error, _two_sided(difference, error))


def _two_sided(difference: float, error: float) -> float:
    if np.isnan(error):
        return np.nan
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * norm.sf(abs(difference) / error))


def _fold(y: Ints, scores: Floats) -> tuple[int, float, float]:
    """Return number of pairs, difference of AUROC, and its variance; scores (2, n)."""
    above, below = scores[:, y == 1], scores[:, y == 0]
    wins = (above[:, :, None] > below[:, None, :]) + 0.5 * (above[:, :, None] == below[:, None, :])
    gap = wins[0] - wins[1]
    variance = _variance(gap.mean(axis=1)) + _variance(gap.mean(axis=0))
    return gap.size, float(gap.mean()), variance


def _variance(component: Floats) -> float:
    return float(component.var(ddof=1) / len(component)) if len(component) > 1 else np.nan
