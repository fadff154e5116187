"""Differences over the folds of cross-validation, whose training sets overlap: corrected t-test, Bayesian version."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import t

from leaderboard.measures import Floats


class CorrectedT(NamedTuple):
    """Mean difference, its corrected standard error, and the two-sided p-value."""

    difference: float
    error: float
    p: float


class Rope(NamedTuple):
    """Chances that the difference is practically negative, practically nil, practically positive; they sum to 1."""

    worse: float
    same: float
    better: float


def nadeau_bengio(differences: Floats, folds: int) -> CorrectedT:
    """Test the mean of J fold-wise differences; n_test / n_train is 1 / (folds - 1).

    NaN with fewer than two differences. Reference: C. Nadeau and Y. Bengio,
    Inference for the generalization error, 2003.

    Args:
        differences: float (J,), of every fold of every repeat.
        folds: Folds of one repeat, at least 2.
    """
    count = len(differences)
    if count < 2:
        return CorrectedT(float(np.mean(differences)) if count else np.nan, np.nan, np.nan)
    mean, variance = float(np.mean(differences)), float(np.var(differences, ddof=1))
    error = float(np.sqrt((1 / count + 1 / (folds - 1)) * variance))
    if error == 0:
        return CorrectedT(mean, 0.0, 1.0 if mean == 0 else 0.0)
    return CorrectedT(mean, error, float(2 * t.sf(abs(mean) / error, count - 1)))


def bayesian_t(differences: Floats, folds: int, rope: float = 0.01) -> Rope:
    """Return the posterior chances of the mean difference against a region of practical equivalence of +-``rope``.

    The correlation of folds is taken as 1 / folds. NaN with fewer than two differences.
    Reference: G. Corani and A. Benavoli, A Bayesian approach for comparing cross-validated algorithms, 2015.
    """
    count = len(differences)
    if count < 2:
        return Rope(np.nan, np.nan, np.nan)
    mean, variance = float(np.mean(differences)), float(np.var(differences, ddof=1))
    share = 1 / folds
    scale = float(np.sqrt((1 / count + share / (1 - share)) * variance))
    if scale == 0:
        return Rope(float(mean < -rope), float(abs(mean) <= rope), float(mean > rope))
    below, upto = (float(t.cdf((edge - mean) / scale, count - 1)) for edge in (-rope, rope))
    return Rope(below, upto - below, 1 - upto)
