"""Scores of one block that share their sums, and calibration lines from a common start, against each on its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from sklearn.linear_model import LogisticRegression

from leaderboard.measures.detail_metrics import DETAILS
from leaderboard.measures.recalibration_line import intercept, slope
from leaderboard.measures.shared_work import read_only, shared
from tests.leaderboard.metric_cases import cases


@given(cases())
def test_shared_sums_change_no_score(case):
    y, proba, weights = case
    fold = np.arange(len(y)) % 2
    kept = read_only(weights)
    for metric in DETAILS.values():
        extra = {"fold": fold} if metric.within_fold else {}
        with np.errstate(all="ignore"):
            alone = metric.function(y, proba, weights.copy(), **extra)
            together = metric.function(y, proba, kept, **extra)
        np.testing.assert_array_equal(together, alone)


def test_only_the_very_same_read_only_arrays_are_remembered():
    calls = []

    @shared
    def total(y, proba, weights):
        calls.append(1)
        return weights.sum()

    y, proba, weights = np.zeros(2), np.zeros((2, 2)), np.ones((1, 2))
    assert total(y, proba, weights) == 2
    weights[:] = 3
    assert total(y, proba, weights) == 6  # may have changed, so nothing is kept
    kept = read_only(weights)
    assert total(y, proba, kept) == total(y, proba, kept) == 6
    assert len(calls) == 3
    assert total(y, proba, read_only(2 * weights)) == 12


@pytest.mark.parametrize("extreme", [0.0, 12.0])
def test_the_calibration_line_of_every_resample_is_the_logistic_regression(extreme):
    rng = np.random.default_rng(1)
    odds = rng.normal(0, 1.5, 90)
    y = (rng.random(90) < 1 / (1 + np.exp(-0.3 * odds))).astype(np.int64)
    odds[rng.random(90) < 0.1] -= extreme  # rows of the class called impossible: steps from slope 1 overshoot
    chance = 1 / (1 + np.exp(-odds))
    proba, weights = np.stack([1 - chance, chance], axis=1), rng.multinomial(90, np.full(90, 1 / 90), 20).astype(float)
    clipped = np.clip(chance, 1e-6, 1 - 1e-6)
    x = np.log(clipped) - np.log1p(-clipped)
    found, shift = slope(y, proba, weights)[:, 1], intercept(y, proba, weights)[:, 1]
    for b, weight in enumerate(weights):
        fit = LogisticRegression(C=np.inf, tol=1e-10, max_iter=5000).fit(x[:, None], y, sample_weight=weight)
        assert found[b] == pytest.approx(fit.coef_[0, 0], abs=1e-4)
        assert np.average(1 / (1 + np.exp(-x - shift[b])), weights=weight) == pytest.approx(
            np.average(y, weights=weight)
        )
