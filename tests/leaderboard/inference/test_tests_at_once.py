"""Tests of pairs that are computed in one piece, against SciPy and against exchanging rows one draw at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon

from leaderboard.inference import permutation
from leaderboard.inference.critical_difference import signed_rank_p
from leaderboard.inference.permutation import permutation_p
from leaderboard.measures.metrics import METRICS
from leaderboard.records.testsets import Replicate


@pytest.mark.parametrize("n", [6, 9, 16])
@pytest.mark.parametrize("levels", [3, 10**9])  # with ties and zeros, without
def test_signed_ranks_against_scipy(n, levels):
    differences = np.random.default_rng(n).integers(-levels, levels + 1, (n, 5)).astype(float)
    expected = [wilcoxon(column).pvalue for column in differences.T]
    np.testing.assert_allclose(signed_rank_p(differences), expected, atol=1e-12)


def test_no_difference_at_all_has_p_one():
    assert signed_rank_p(np.zeros((8, 1)))[0] == 1


def _replicate(rng, y, patient, fold, n_classes, skill) -> Replicate:
    odds = rng.integers(1, 5, (len(y), n_classes)) + skill * np.eye(n_classes)[y]  # few levels: ties
    return Replicate(y, odds / odds.sum(axis=1, keepdims=True), patient, fold)


def _ranks(replicate: Replicate) -> np.ndarray:
    out = np.empty_like(replicate.proba)
    for fold in np.unique(replicate.fold):
        rows = replicate.fold == fold
        out[rows] = rankdata(replicate.proba[rows], axis=0)
    return out


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 4), st.sampled_from(["accuracy", "balanced_accuracy", "auroc"]))
def test_permutation_p_against_scoring_every_exchange(seed, n_classes, name):
    rng, metric = np.random.default_rng(seed), METRICS[name]
    n = int(rng.integers(6, 20))
    y, patient, fold = rng.integers(0, n_classes, n), rng.integers(0, 5, n), rng.integers(0, 2, n)
    one, two = (tuple(_replicate(rng, y, patient, fold, n_classes, s) for _ in range(2)) for s in (0, 1))
    swapped = np.random.default_rng(3).integers(0, 2, (41, 5))
    swapped[0] = 0
    gaps = []
    for swap in swapped:
        parts = []
        for a, b in zip(one, two, strict=True):
            given_a, given_b = (_ranks(a), _ranks(b)) if metric.within_fold else (a.proba, b.proba)
            there = swap[patient][:, None] == 1
            extra = {"fold": fold} if metric.within_fold else {}
            first, second = np.where(there, given_b, given_a), np.where(there, given_a, given_b)
            ones = np.ones((1, n))
            parts.append(metric.function(y, first, ones, **extra)[0] - metric.function(y, second, ones, **extra)[0])
        gaps.append(np.mean(parts))
    expected = np.nan if np.isnan(gaps[0]) else np.mean(np.abs(gaps) >= abs(gaps[0]) - 1e-12)
    np.testing.assert_allclose(permutation_p(one, two, metric, 5, permutations=40, seed=3), expected, equal_nan=True)


def test_a_score_that_is_no_sum_over_patients_is_refused():
    replicate = _replicate(np.random.default_rng(0), np.arange(6) % 2, np.arange(6), np.zeros(6, int), 2, 1)
    with pytest.raises(ValueError, match="ece"):
        permutation_p((replicate,), (replicate,), METRICS["ece"], 6)


@pytest.mark.parametrize(("block", "sizes"), [(1 << 18, [41]), (100, [10, 10, 10, 10, 1]), (9, [1] * 41)])
def test_exchanges_are_made_in_blocks_of_which_the_first_is_the_observed(block, sizes, monkeypatch):
    monkeypatch.setattr(permutation, "BLOCK", block)
    permutation._signs.cache_clear()
    signs = permutation._signs(40, 10, 3)
    assert [len(rows) for rows in permutation._blocks(signs)] == sizes and not signs.flags.writeable
    assert (signs[0] == 1).all() and set(np.unique(signs)) == {-1, 1}
    np.testing.assert_allclose(permutation._sums(signs, np.arange(10.0)), signs @ np.arange(10.0))
    permutation._signs.cache_clear()


def test_two_thousand_exchanges_of_seed_nought_unless_somebody_says_otherwise():
    rng = np.random.default_rng(1)
    y, patient, fold = np.arange(30) % 2, np.arange(30), np.zeros(30, int)
    one, two = ((_replicate(rng, y, patient, fold, 2, skill),) for skill in (1, 0))
    told = [permutation_p(one, two, METRICS["auroc"], 30, **given) for given in ({}, {"permutations": 2000, "seed": 0})]
    assert told[0] == told[1] and told[0] != permutation_p(one, two, METRICS["auroc"], 30, permutations=2001)
