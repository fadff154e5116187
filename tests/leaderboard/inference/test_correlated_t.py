"""Tests over folds: closed forms, and what no spread or a single fold says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from leaderboard.inference.correlated_t import bayesian_t, nadeau_bengio


@pytest.mark.parametrize("shift", [-0.03, 0.0, 0.05])
@pytest.mark.parametrize("folds", [2, 5])
def test_closed_forms_of_repeated_folds(shift: float, folds: int) -> None:
    gaps = np.random.default_rng(folds).normal(shift, 0.04, 3 * folds)
    count, mean, deviation = 3 * folds, gaps.sum() / (3 * folds), gaps.std(ddof=1)
    error = deviation * np.sqrt(1 / count + 1 / (folds - 1))
    p = 2 * (1 - t.cdf(abs(mean) / error, count - 1))
    assert nadeau_bengio(gaps, folds) == pytest.approx((mean, error, p))
    for rope, given in ((0.01, {}), (0.02, {"rope": 0.02})):
        scale = deviation * np.sqrt(1 / count + (1 / folds) / (1 - 1 / folds))
        cuts = t.cdf((np.array([-rope, rope]) - mean) / scale, count - 1)
        assert bayesian_t(gaps, folds, **given) == pytest.approx((cuts[0], cuts[1] - cuts[0], 1 - cuts[1]))


def test_two_folds_are_enough_and_one_is_not() -> None:
    assert np.isfinite([*nadeau_bengio(np.array([0.1, 0.3]), 2), *bayesian_t(np.array([0.1, 0.3]), 2)]).all()
    assert np.isnan([*nadeau_bengio(np.array([]), 2), *bayesian_t(np.array([0.1]), 2)]).all()
    difference, error, p = nadeau_bengio(np.array([0.1]), 2)
    assert difference == 0.1 and np.isnan([error, p]).all()


@pytest.mark.parametrize(("gap", "p"), [(0.0, 1.0), (0.25, 0.0), (-0.25, 0.0)])
def test_folds_that_all_agree_are_certain(gap: float, p: float) -> None:
    assert nadeau_bengio(np.full(4, gap), 4) == (gap, 0.0, p)
