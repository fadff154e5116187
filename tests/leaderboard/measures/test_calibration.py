"""Scores of the probabilities against scikit-learn and a plain loop."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from sklearn.metrics import brier_score_loss, log_loss

from leaderboard.measures.calibration import brier, ece, nll
from leaderboard.measures.metrics import METRICS, headline, metrics_for
from tests.leaderboard.metric_cases import Case, cases


@given(cases())
def test_brier_and_nll_equal_scikit_learn(case: Case) -> None:
    labels = list(range(case.proba.shape[1]))
    for b, (ours_brier, ours_nll) in enumerate(zip(brier(*case), nll(*case), strict=True)):
        y, proba, weight = case.resample(b)
        if not len(y):
            assert np.isnan(ours_brier) and np.isnan(ours_nll)
            continue
        wanted = brier_score_loss(y, proba, labels=labels, sample_weight=weight, scale_by_half=False)
        assert abs(ours_brier - wanted) < 1e-12
        assert abs(ours_nll - log_loss(y, proba, labels=labels, sample_weight=weight)) < 1e-12


@given(cases())
def test_ece_equals_a_loop_over_bins(case: Case) -> None:
    for b, ours in enumerate(ece(*case)):
        y, proba, weight = case.resample(b)
        confidence, right = proba.max(axis=1), proba.argmax(axis=1) == y
        wanted = 0.0
        for i in range(15):
            rows = (confidence * 15 >= i) & ((confidence * 15 < i + 1) | (i == 14))
            if rows.any():
                gap = np.average(right[rows], weights=weight[rows]) - np.average(confidence[rows], weights=weight[rows])
                wanted += abs(gap) * weight[rows].sum() / weight.sum()
        assert np.isnan(ours) if not len(y) else abs(ours - wanted) < 1e-12


def test_bounds_and_clipping() -> None:
    y, weights = np.array([0, 1]), np.ones((1, 2))
    right, wrong = np.eye(2), np.eye(2)[::-1]
    assert (nll(y, right, weights)[0], brier(y, right, weights)[0], ece(y, right, weights)[0]) == (0, 0, 0)
    assert nll(y, wrong, weights)[0] == -math.log(1e-6) == METRICS["nll"].bounds[1]
    assert (brier(y, wrong, weights)[0], ece(y, wrong, weights)[0]) == (2, 1)
    nothing = np.zeros(0, dtype=int), np.zeros((0, 2)), np.zeros((1, 0))
    assert all(np.isnan(function(*nothing)[0]) for function in (nll, brier, ece))


@given(cases())
def test_every_metric_keeps_its_bounds(case: Case) -> None:
    for metric in metrics_for(case.proba.shape[1]):
        values = metric.function(*case)
        values = values[~np.isnan(values)]
        assert (values >= metric.bounds[0] - 1e-12).all() and (values <= metric.bounds[1] + 1e-12).all()


def test_registry() -> None:
    assert [name for name in METRICS if METRICS[name].binary] == ["f1", "always_positive_f1"]
    assert [m.name for m in metrics_for(2)] == list(METRICS)
    assert all(not m.binary for m in metrics_for(3))
    assert (headline(2).name, headline(5).name) == ("auroc", "balanced_accuracy")
