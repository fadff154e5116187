"""Views of calibration against loops over bins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from leaderboard.measures.reliability import (
    brier_reliability,
    brier_resolution,
    ece_classwise,
    ece_debiased,
    ece_equal_mass,
)
from tests.leaderboard.metric_cases import Case, cases

BINS = 15


def bins(chance: np.ndarray) -> list[np.ndarray]:
    """Return the rows of each bin of equal width that has some."""
    inside = np.minimum(np.floor(chance * BINS), BINS - 1)
    return [inside == i for i in np.unique(inside)]


def of_equal_mass(right: np.ndarray, sure: np.ndarray, w: np.ndarray) -> float:
    """Return the ECE when the rows of one confidence go to the bin that their middle lies in."""
    gaps = np.zeros(BINS)
    for level in np.unique(sure):
        middle = (w[sure < level].sum() + w[sure <= level].sum()) / 2 / w.sum()
        here = sure == level
        gaps[min(int(middle * BINS + 1e-12), BINS - 1)] += (w[here] * (right[here] - level)).sum()
    return float(np.abs(gaps).sum() / w.sum())


def debiased(right: np.ndarray, sure: np.ndarray, w: np.ndarray) -> float:
    total = 0.0
    for here in bins(sure):
        n = w[here].sum()
        if n >= 2:
            p = np.average(right[here], weights=w[here])
            total += n * ((p - np.average(sure[here], weights=w[here])) ** 2 - p * (1 - p) / (n - 1))
    return max(total / w.sum(), 0.0) ** 0.5


@given(cases())
def test_scores_of_bins_by_a_loop(case: Case) -> None:
    ours = [f(*case) for f in (ece_equal_mass, ece_classwise, ece_debiased, brier_reliability, brier_resolution)]
    for b in range(len(case.weights)):
        y, proba, w = case.resample(b)
        if not len(y):
            assert np.isnan([score[b] for score in ours]).all()
            continue
        right, sure = (proba.argmax(axis=1) == y).astype(float), proba.max(axis=1)
        gaps, reliable, resolved = 0.0, 0.0, 0.0
        for k in range(proba.shape[1]):
            true, chance = (y == k).astype(float), proba[:, k]
            for here in bins(chance):
                n, p = w[here].sum(), np.average(true[here], weights=w[here])
                gap = p - np.average(chance[here], weights=w[here])
                gaps += n * abs(gap) / proba.shape[1]
                reliable += n * gap**2
                resolved += n * (p - np.average(true, weights=w)) ** 2
        wanted = (of_equal_mass(right, sure, w), gaps / w.sum(), debiased(right, sure, w),
                  reliable / w.sum(), resolved / w.sum())  # fmt: skip
        assert [score[b] for score in ours] == pytest.approx(wanted, abs=1e-7)


def test_a_probability_of_one_is_in_the_last_bin() -> None:
    y, proba, ones = np.array([0, 0, 1]), np.eye(2)[[0, 0, 0]], np.ones((1, 3))
    assert ece_classwise(y, proba, ones)[0] == pytest.approx(1 / 3)
    assert ece_debiased(y, proba, ones)[0] == 0  # (1 / 3)^2 is what chance makes of 2 of 3 in three rows
    assert brier_reliability(y, proba, ones)[0] == pytest.approx(2 / 9)
