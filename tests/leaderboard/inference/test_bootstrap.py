"""Resampling, intervals and ties: invariants, and simulations of what they promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.stats import binom, norm
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from leaderboard.inference import bootstrap
from leaderboard.inference.bootstrap import FEW_REACH, distribution, draw, interval, reach, reflected
from leaderboard.inference.ties import against, tie_groups, tie_reach
from leaderboard.measures.metrics import METRICS, metrics_for
from leaderboard.records.testsets import Replicate


@given(arrays.arrays(np.int64, st.integers(0, 40), elements=st.integers(0, 5)), st.integers(0, 9))
def test_every_stratum_keeps_its_size(strata: NDArray[np.int64], seed: int) -> None:
    weights = draw(strata, 7, np.random.default_rng(seed))
    assert (weights[:, 0] == 1).all()
    for stratum in np.unique(strata):
        members = strata == stratum
        assert (weights[members].sum(axis=0) == members.sum()).all()
        if members.sum() == 1:
            assert (weights[members] == 1).all()


def test_draws_are_seeded_and_multinomial() -> None:
    strata = np.repeat([0, 1], [5, 20])
    weights = draw(strata, 20_000, np.random.default_rng(1))
    np.testing.assert_array_equal(weights, draw(strata, 20_000, np.random.default_rng(1)))
    drawn = weights[:, 1:].astype(float)
    np.testing.assert_allclose(drawn.mean(axis=1), 1, atol=0.03)
    np.testing.assert_allclose(drawn.var(axis=1), np.where(strata == 0, 4 / 5, 19 / 20), atol=0.05)


def replicate(seed: int = 0, n: int = 50, n_classes: int = 3, cells: int = 1, signal: float = 1.0) -> Replicate:
    """Return ``cells`` rows of each of n patients."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    patient = np.repeat(np.arange(n), cells)
    logits = rng.normal(size=(n, n_classes))[patient] + signal * np.eye(n_classes)[y[patient]]
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Replicate(y[patient], proba, patient, np.zeros(len(patient), dtype=np.int64))


def test_weights_equal_repeating_whole_patients() -> None:
    one = replicate(cells=3)
    weights = draw(np.zeros(50, dtype=np.int64), 20, np.random.default_rng(0))
    names = ["balanced_accuracy", "auroc"]
    ours = distribution([one], [METRICS[name] for name in names], weights)
    for b in range(21):
        rows = np.concatenate([np.flatnonzero(one.patient == p) for p in np.repeat(np.arange(50), weights[:, b])])
        y, proba = one.y[rows], one.proba[rows]
        assert ours[0, b] == pytest.approx(balanced_accuracy_score(y, proba.argmax(axis=1)), abs=1e-12)
        assert ours[1, b] == pytest.approx(roc_auc_score(y, proba, multi_class="ovr"), abs=1e-12)


@pytest.mark.parametrize(("block", "sizes"), [(None, [31]), (500, [10, 10, 10, 1]), (49, [1] * 31)])
def test_as_many_resamples_as_fit_are_made_at_a_time(
    block: int | None, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    if block:
        monkeypatch.setattr(bootstrap, "BLOCK", block)
    seen = []

    def counted(y: NDArray[np.int64], proba: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
        assert not rows.flags.writeable  # so that scores of a block share their work
        seen.append(len(rows))
        return rows @ proba[:, 0]

    one = replicate()
    weights = draw(one.y, 30, np.random.default_rng(0))
    found = distribution([one], [replace(METRICS["nll"], function=counted)], weights)
    np.testing.assert_allclose(found[0], weights[one.patient].T @ one.proba[:, 0])
    assert seen == sizes


def test_blocks_do_not_change_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    one, metrics = replicate(), metrics_for(3)
    weights = draw(one.y, 30, np.random.default_rng(0))
    whole = distribution([one], metrics, weights)
    monkeypatch.setattr(bootstrap, "BLOCK", 200)
    np.testing.assert_allclose(distribution([one], metrics, weights), whole, rtol=0, atol=1e-12)


def test_replicates_are_averaged_on_the_same_patients() -> None:
    first, second, metrics = replicate(0), replicate(1), metrics_for(3)
    weights = draw(first.y, 30, np.random.default_rng(0))
    both = distribution([first, second], metrics, weights)
    apart = [distribution([one], metrics, weights) for one in (first, second)]
    np.testing.assert_allclose(both, np.mean(apart, axis=0), rtol=0, atol=1e-12)


def test_a_replicate_without_a_score_is_left_out_and_folds_are_compared_apart() -> None:
    first, metric = replicate(0, n=40, n_classes=2), [METRICS["auroc"]]
    weights = draw(np.zeros(40, dtype=np.int64), 5, np.random.default_rng(0))
    one_class = replace(first, y=np.ones_like(first.y))
    alone, both = distribution([first], metric, weights), distribution([one_class, first], metric, weights)
    np.testing.assert_array_equal(both, alone)
    assert np.isnan(distribution([one_class], metric, weights)).all()
    fold = np.arange(40) // 10
    shifted = replace(first, proba=first.proba + 5 * fold[:, None], fold=fold)
    np.testing.assert_allclose(
        distribution([shifted], metric, weights), distribution([replace(first, fold=fold)], metric, weights)
    )
    assert distribution([replace(shifted, fold=0 * fold)], metric, weights)[0, 0] != pytest.approx(alone[0, 0])


def test_interval_ignores_undefined_resamples() -> None:
    all_defined = np.arange(101.0)
    samples = np.vstack([all_defined, np.where(all_defined % 2, np.nan, all_defined), np.full(101, np.nan)])
    low, high = interval(samples, 1.959964)
    np.testing.assert_allclose(low, [2.5, 2.5, np.nan])
    np.testing.assert_allclose(high, [97.5, 97.5, np.nan])


@given(seed=st.integers(0, 999), wide=st.sampled_from([1.96, 2.1, FEW_REACH, 2.3, 12.7]), ties=st.booleans())
def test_interval_of_many_rows_is_that_of_each_row_alone(seed: int, wide: float, ties: bool) -> None:
    rng = np.random.default_rng(seed)
    samples = rng.integers(0, 4, (6, 50)) / 3 if ties else rng.normal(size=(6, 50))
    samples[1, ::3], samples[2], reaches = np.nan, np.nan, np.full(6, wide)
    reaches[3:5] = np.inf, 1.96
    low, high = interval(np.asfortranarray(samples), reaches, (-1, 1))
    for i, row in enumerate(samples):
        defined, limit = row[~np.isnan(row)], reaches[i]
        if not len(defined) or np.isinf(limit):
            assert np.isnan(low[i]) and np.isnan(high[i])
            continue
        least, most = np.quantile(defined, [norm.cdf(-limit), norm.sf(-limit)])
        if limit > FEW_REACH:
            least = min(least, defined.mean() - limit * defined.std())
            most = max(most, defined.mean() + limit * defined.std())
        assert (low[i], high[i]) == pytest.approx((max(least, -1), min(most, 1)), abs=1e-12)


def test_reflected_interval_mirrors_at_the_estimate_and_holds_it() -> None:
    samples = np.linspace(0.10, 0.20, 101)[None, :].repeat(3, axis=0)
    low, high = reflected(np.array([0.15, 0.05, np.nan]), samples, 1.959964)
    np.testing.assert_allclose(low, [0.1025, 0, np.nan])
    np.testing.assert_allclose(high, [0.1975, 0.05, np.nan])


@pytest.mark.parametrize("seeds", [1, 2])
def test_with_one_seed_entries_are_told_apart_by_the_99_percent_interval(seeds: int) -> None:
    rng = np.random.default_rng(5)
    gaps = rng.normal(size=(40, 500)) + np.linspace(0, 4, 40)[:, None]
    expected = np.quantile(gaps, 0.005 if seeds == 1 else 0.025, axis=1) > 0
    if seeds == 1:  # so far out, no less than the quantile of a normal
        expected &= gaps.mean(axis=1) - norm.ppf(0.995) * gaps.std(axis=1) > 0
    assert (against(gaps, np.zeros(500), tie_reach(norm.ppf(0.975), seeds)) == 1).tolist() == expected.tolist()
    assert 0 < expected.sum() < 40


def test_tie_groups_are_dense_and_anchored_at_the_best() -> None:
    rng = np.random.default_rng(0)
    shared, values = rng.normal(0, 0.1, 500), np.array([0.5, 0.9, 0.89, np.nan, 0.7, 0.69])
    samples = values[:, None] + shared + rng.normal(0, 0.01, (6, 500))
    assert tie_groups(values, samples, 2.0, higher_is_better=True).tolist() == [3, 1, 1, 0, 2, 2]
    assert tie_groups(values, samples, 2.0, higher_is_better=False).tolist() == [1, 3, 3, 0, 2, 2]


def test_a_steady_entry_may_leave_the_group_of_a_noisy_one_below_it() -> None:
    rng = np.random.default_rng(0)
    samples = np.array([0.90, 0.85, 0.80])[:, None] + rng.normal(size=(3, 500)) * np.array([[0.001], [0.001], [0.2]])
    assert tie_groups(np.array([0.90, 0.85, 0.80]), samples, 2.0, higher_is_better=True).tolist() == [1, 2, 1]


def test_equal_entries_tie_and_against_has_a_sign() -> None:
    samples = np.random.default_rng(0).normal(size=(1, 200)).repeat(3, axis=0)
    assert tie_groups(np.full(3, 0.4), samples, 2.0, higher_is_better=True).tolist() == [1, 1, 1]
    assert against(samples + np.array([[-1.0], [0.0], [1.0]]), samples[0], 2.0).tolist() == [-1, 0, 1]


def test_entries_that_differ_by_noise_share_a_group_most_of_the_time() -> None:
    tied = 0
    for board in range(40):
        pair = [replicate(2 * board, n=100), replicate(2 * board + 1, n=100)]
        weights = draw(pair[0].y, 200, np.random.default_rng(board))
        scores = np.vstack([distribution([one], [METRICS["balanced_accuracy"]], weights) for one in pair])
        tied += len(set(tie_groups(scores[:, 0], scores[:, 1:], reach(pair[0].y), higher_is_better=True))) == 1
    assert tied >= binom.ppf(0.001, 40, 0.95)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["balanced_accuracy", "auroc"])
def test_nominal_95_percent_covers(name: str) -> None:
    """100 patients, 400 repetitions: coverage is within the binomial error of 95 %, less one point for percentiles."""
    repetitions, covered = 400, 0
    truth = distribution([replicate(10**6, n=300_000)], [METRICS[name]], np.ones((300_000, 1), dtype=np.uint16))[0, 0]
    for seed in range(repetitions):
        one = replicate(seed, n=100)
        samples = distribution([one], [METRICS[name]], draw(one.y, 500, np.random.default_rng(seed)))[:, 1:]
        low, high = interval(samples, reach(one.y))
        covered += bool(low[0] <= truth <= high[0])
    assert binom.ppf(0.001, repetitions, 0.94) <= covered <= binom.ppf(0.999, repetitions, 0.95)


@pytest.mark.slow
def test_reflected_interval_of_ece_covers_an_over_confident_entry_where_percentiles_do_not() -> None:
    def sharpened(one: Replicate) -> Replicate:
        proba = one.proba**1.5
        return replace(one, proba=proba / proba.sum(axis=1, keepdims=True))

    metric = [METRICS["ece"]]
    everybody = np.ones((300_000, 1), dtype=np.uint16)
    truth = distribution([sharpened(replicate(10**6, n=300_000))], metric, everybody)[0, 0]
    covered = np.zeros(2)
    for seed in range(300):
        one = sharpened(replicate(seed, n=100))
        scores = distribution([one], metric, draw(one.y, 300, np.random.default_rng(seed)))
        for i, (low, high) in enumerate((interval(scores[:, 1:], 2.0), reflected(scores[:, 0], scores[:, 1:], 2.0))):
            covered[i] += low[0] <= truth <= high[0]
    assert covered[0] / 300 < 0.5 and covered[1] / 300 > 0.85
