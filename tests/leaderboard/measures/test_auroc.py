"""AUROC against scikit-learn and against counting every pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from leaderboard.measures.auroc import auroc, class_auroc, hand_till
from tests.leaderboard.metric_cases import Case, cases


def evaluable(y: NDArray[np.int64], n_classes: int) -> list[int]:
    classes = [1] if n_classes == 2 else range(n_classes)
    return [k for k in classes if 0 < (y == k).sum() < len(y)]


@given(cases())
def test_every_resample_equals_scikit_learn(case: Case) -> None:
    for b, ours in enumerate(auroc(*case)):
        y, proba, weight = case.resample(b)
        scores = [roc_auc_score(y == k, proba[:, k], sample_weight=weight) for k in evaluable(y, proba.shape[1])]
        assert ours == pytest.approx(np.mean(scores) if scores else np.nan, abs=1e-12, nan_ok=True)


def pair_by_pair(case: Case, b: int, fold: NDArray[np.int64]) -> float:
    y, proba, weights = case
    scores = []
    for k in [1] if proba.shape[1] == 2 else range(proba.shape[1]):
        won = pairs = 0.0
        for i in np.flatnonzero(y == k):
            for j in np.flatnonzero((y != k) & (fold == fold[i])):
                weight = weights[b, i] * weights[b, j]
                pairs += weight
                won += weight * ((proba[i, k] > proba[j, k]) + 0.5 * (proba[i, k] == proba[j, k]))
        if pairs:
            scores.append(won / pairs)
    return float(np.mean(scores)) if scores else np.nan


@given(cases(), st.integers(0, 99))
def test_within_folds_equals_counting_pairs(case: Case, seed: int) -> None:
    fold = np.random.default_rng(seed).integers(0, 3, len(case.y))
    wanted = [pair_by_pair(case, b, fold) for b in range(len(case.weights))]
    np.testing.assert_allclose(auroc(*case, fold=fold), wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_prior_is_one_half_within_folds_and_less_when_pooled(n_classes: int) -> None:
    rng = np.random.default_rng(0)
    y, fold = rng.integers(n_classes, size=101), rng.integers(5, size=101)
    train_share = np.stack([np.bincount(y[fold != f], minlength=n_classes) / (fold != f).sum() for f in range(5)])
    weights = rng.integers(0, 3, (20, 101)).astype(float)
    assert (auroc(y, train_share[fold], weights, fold=fold) == 0.5).all()
    assert auroc(y, train_share[fold], np.ones((1, 101)))[0] < 0.45


def test_perfect_reversed_constant_and_not_evaluable() -> None:
    y, weights = np.array([0, 0, 1]), np.array([[1.0, 1, 1], [1, 1, 0], [0, 0, 0]])
    score = np.array([0.1, 0.2, 0.9])
    np.testing.assert_array_equal(auroc(y, np.c_[1 - score, score], weights), [1, np.nan, np.nan])
    np.testing.assert_array_equal(auroc(y, np.c_[score, 1 - score], weights), [0, np.nan, np.nan])
    np.testing.assert_array_equal(auroc(y, np.full((3, 2), 0.5), weights), [0.5, np.nan, np.nan])
    assert np.isnan(auroc(np.zeros(0, dtype=int), np.zeros((0, 3)), np.zeros((2, 0)))).all()


@given(cases(), st.integers(0, 99))
def test_each_class_and_each_pair_of_classes_within_folds(case: Case, seed: int) -> None:
    y, proba, weights = case
    fold = np.random.default_rng(seed).integers(0, 2, len(y))
    n_classes = proba.shape[1]

    def counted(w: NDArray[np.float64], one: int, others: list[int]) -> float:
        left, right = np.flatnonzero(y == one), np.flatnonzero(np.isin(y, others))
        both = np.outer(w[left], w[right]) * (fold[left][:, None] == fold[right])
        ahead = proba[left, one][:, None] - proba[right, one]
        return float((both * ((ahead > 0) + 0.5 * (ahead == 0))).sum() / both.sum()) if both.any() else np.nan

    by_class, by_pair = class_auroc(*case, fold=fold), hand_till(*case, fold=fold)
    for b, w in enumerate(weights):
        wanted = [counted(w, k, [j for j in range(n_classes) if j != k]) for k in range(n_classes)]
        assert by_class[b] == pytest.approx(wanted, abs=1e-12, nan_ok=True)
        pairs = [(counted(w, i, [j]) + counted(w, j, [i])) / 2 for i in range(n_classes) for j in range(i)]
        known = [pair for pair in pairs if not np.isnan(pair)]
        assert by_pair[b] == pytest.approx(np.mean(known) if known else np.nan, abs=1e-12, nan_ok=True)
