"""Intervals of shares with few patients: closed forms, invariants, coverage by simulation; strata that are pooled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.stats import binom, binomtest, norm, t

from leaderboard.inference.bootstrap import draw, interval, reach
from leaderboard.measures.exact_interval import clopper_pearson
from leaderboard.measures.metrics import METRICS
from leaderboard.measures.share_interval import (
    at_bound,
    few_patients,
    most_at_bound,
    most_effective,
    share_interval,
    unmoved,
)
from leaderboard.records.pooled import FEW_OF_STRATUM, pooled
from leaderboard.records.testsets import ClassSizes, Replicate

Z = norm.ppf(0.975)


def expected(hits: int, n: int) -> tuple[float, float]:
    """Return Wilson's interval, each limit moved out to the exact one-sided one where that is further."""
    wilson = binomtest(hits, n).proportion_ci(method="wilson")
    above = binomtest(hits, n, alternative="greater").proportion_ci(0.95, method="exact").low
    below = binomtest(hits, n, alternative="less").proportion_ci(0.95, method="exact").high
    return min(wilson.low, above), max(wilson.high, below)


def of_binomial(hits: int, n: int) -> tuple[float, float]:
    p = hits / n
    sd = np.sqrt(p * (1 - p) / n)
    samples = np.array([[p - sd, p + sd]])  # their variance is that of the share
    low, high = share_interval(np.array([p]), samples, Z, n)
    return float(low[0]), float(high[0])


@pytest.mark.parametrize(("hits", "n"), [(0, 7), (3, 11), (12, 12), (40, 50), (19, 20), (1, 30)])
def test_with_binomial_variance_it_is_wilsons_interval_mended_near_the_bounds(hits: int, n: int) -> None:
    np.testing.assert_allclose(of_binomial(hits, n), expected(hits, n), atol=1e-9)


def test_with_many_patients_and_a_middling_share_it_is_wilsons_interval() -> None:
    np.testing.assert_allclose(of_binomial(90, 200), binomtest(90, 200).proportion_ci(method="wilson"), atol=1e-9)


@pytest.mark.parametrize("n", [10, 20, 40])
def test_a_share_near_a_bound_is_covered_where_wilsons_is_too_short(n: int) -> None:
    hits = np.arange(n + 1)
    limits = {
        "ours": np.array([of_binomial(k, n) for k in hits]),
        "wilson": np.array([binomtest(int(k), n).proportion_ci(method="wilson") for k in hits]),
    }
    true = np.linspace(0.001, 0.999, 999)
    least = {}
    for name, of in limits.items():
        holds = (of[:, :1] - 1e-12 <= true) & (true <= of[:, 1:] + 1e-12)
        least[name] = (binom.pmf(hits[:, None], n, true) * holds).sum(axis=0).min()
    assert least["wilson"] < 0.88 < 0.92 < least["ours"]


@pytest.mark.parametrize(("hits", "n"), [(0, 4), (4, 4), (3, 9), (12, 12)])
def test_the_exact_interval_is_that_of_scipy(hits: int, n: int) -> None:
    low, high = clopper_pearson(np.array(hits), np.array(n))
    np.testing.assert_allclose([low, high], binomtest(hits, n).proportion_ci(method="exact"), atol=1e-9)


def test_the_most_a_score_is_worth_is_what_gives_its_variance_where_recalls_are_equal() -> None:
    sizes, p = np.array([3, 0, 8, 20]), 0.7
    there = sizes[sizes > 0]
    variance = (p * (1 - p) / there).sum() / len(there) ** 2  # of the mean of independent shares
    assert p * (1 - p) / most_effective("classes", sizes) == pytest.approx(variance)
    assert most_effective("patients", sizes) == 31
    assert most_effective("classes", np.full(5, 6)) == pytest.approx(30)
    assert most_effective("comparisons", np.array([7, 3])) == pytest.approx(most_effective("classes", np.array([7, 3])))
    assert most_effective("classes", np.zeros(3, dtype=np.int64)) == 0
    assert most_effective("comparisons", sizes) == pytest.approx(2 * most_effective("classes", sizes))
    assert most_effective("comparisons", np.array([0, 5])) == 5  # one class compares with nothing, and is no more


@given(
    arrays.arrays(np.float64, (3, 20), elements=st.floats(-1, 1)),
    st.floats(1.96, 8) | st.just(np.inf),
    st.integers(1, 50),
)
def test_it_holds_the_estimate_and_stays_in_the_bounds(samples: NDArray[np.float64], wide: float, most: int) -> None:
    values = samples[:, 0]
    low, high = share_interval(values, samples, wide, most, (-1, 1))
    assert ((low >= -1) & (low <= values + 1e-12) & (values - 1e-12 <= high) & (high <= 1)).all()
    assert (high - low)[at_bound(values, (-1, 1))].min(initial=1) > 0
    again = share_interval(values, samples, wide, most, (-1, 1))
    np.testing.assert_array_equal([low, high], again)


def test_one_answer_inside_the_bounds_has_no_width_and_nan_stays_nan() -> None:
    values = np.array([0.5, 1.0, np.nan])
    samples = values[:, None].repeat(9, axis=1)
    low, high = share_interval(values, samples, 2.1, 12, fixed=True)
    assert low[0] == high[0] == 0.5
    assert 0.6 < low[1] < 0.9 and high[1] == 1
    assert np.isnan([low[2], high[2]]).all()
    low, high = share_interval(values, samples, Z, 12)
    np.testing.assert_allclose([low[0], high[0]], expected(6, 12), atol=1e-9)


@pytest.mark.parametrize("n", [2, 4, 50])
def test_reach_undoes_what_a_stratum_lacks(n: int) -> None:
    strata = np.repeat(np.arange(3), n)
    assert reach(strata) == pytest.approx(t.ppf(0.975, 3 * n - 3) * np.sqrt(n / (n - 1)))
    samples = np.random.default_rng(n).normal(size=(1, 200_000))
    low, high = interval(samples, reach(strata))
    if n > 2:  # percentiles that far out are not noise
        np.testing.assert_allclose([-low[0], high[0]], reach(strata), rtol=0.05)


def test_reach_is_the_normal_quantile_of_many_patients_and_unknown_for_one_each() -> None:
    assert reach(np.zeros(10**6, dtype=np.int64)) == pytest.approx(Z, abs=1e-4)
    assert reach(np.arange(4)) == np.inf
    assert np.isnan(interval(np.arange(5.0)[None], np.inf)).all()


def test_reach_of_a_patient_mean_undoes_what_the_resamples_lack() -> None:
    strata = np.repeat([0, 1], [100, 2])
    x = np.random.default_rng(0).normal(size=(2000, 102))
    shown = np.mean([x[:, strata == k].var(axis=1) * n for k, n in ((0, 100), (1, 2))], axis=1).sum() / 102**2
    wide = reach(strata, patient_mean=True)
    assert wide == pytest.approx(t.ppf(0.975, 100) * np.sqrt(1 / 102 / shown), rel=0.01)
    assert reach(np.repeat([0, 1], 4), patient_mean=True) == pytest.approx(reach(np.repeat([0, 1], 4)))
    assert reach(np.arange(4), patient_mean=True) == np.inf


def test_what_each_metric_can_be_worth_counts_a_patient_of_several_classes_once() -> None:
    every = np.full(10, 4)
    donors = ClassSizes(rows=every * 5, patients=every, others=every, distinct=4)
    for share in ("patients", "classes", "comparisons"):
        assert most_at_bound(share, donors) == 4
    apart = ClassSizes(rows=every, patients=every, others=every, distinct=40)  # each has one class: nothing is cut
    assert most_at_bound("comparisons", apart) == pytest.approx(9 * 40)
    two = ClassSizes(*np.array([[30, 3], [30, 3], [3, 30]]), distinct=33)
    assert most_at_bound("positives", two, worst=True) == 3
    assert most_at_bound("positives", two) == most_effective("classes", np.array([30, 3]))


@given(arrays.arrays(np.int64, st.integers(0, 60), elements=st.integers(0, 11)))
def test_pooled_strata_are_large_enough_and_keep_classes_apart_that_have_two(cell: NDArray[np.int64]) -> None:
    classes, cells = (cell // 4).astype(str), cell.astype(str)
    strata = pooled(classes, cells)
    sizes = np.bincount(strata) if len(strata) else np.zeros(0)
    assert (sizes > 1).all() or len(strata) == 1
    for stratum in np.unique(strata):
        of = np.unique(classes[strata == stratum], return_counts=True)[1]
        assert len(of) == 1 or of.min() == 1
    counts = dict(zip(*np.unique(cells, return_counts=True), strict=True))
    alone = (
        np.unique(classes, return_counts=True)[1].min(initial=FEW_OF_STRATUM) == 1
    )  # a class that has to join another
    for name in counts:
        assert len(np.unique(strata[cells == name])) == 1
        of_class = [counts[other] for other in np.unique(cells[classes == classes[cells == name][0]])]
        if min(of_class) >= FEW_OF_STRATUM and not alone:
            assert (strata == strata[cells == name][0]).sum() == counts[name]


def balanced(sizes: list[int], recalls: list[float], rng: np.random.Generator) -> tuple[bool, bool]:
    """Return whether the share interval and the percentiles of one simulated cohort hold the balanced accuracy."""
    y = np.repeat(np.arange(len(sizes)), sizes)
    right = rng.random(len(y)) < np.array(recalls)[y]
    proba = np.eye(len(sizes))[np.where(right, y, (y + 1) % len(sizes))]
    strata = pooled(y.astype(str), y.astype(str))
    weights = draw(strata, 200, rng).T.astype(np.float64)
    scores = METRICS["balanced_accuracy"].function(y, proba, weights)[None]
    most = most_effective("classes", np.array(sizes))
    low, high = share_interval(scores[:, 0], scores[:, 1:], reach(strata), most)
    percentiles = np.quantile(scores[0, 1:], [0.025, 0.975])
    true = float(np.mean(recalls))
    return bool(low[0] <= true <= high[0]), bool(percentiles[0] <= true <= percentiles[1])


@pytest.mark.parametrize(
    ("sizes", "recalls"),
    [
        ([8, 5, 4, 2, 1], [0.8, 0.7, 0.9, 0.6, 0.7]),
        ([4, 4, 4, 4, 4], [0.98, 0.95, 0.9, 0.97, 0.99]),
        ([14, 6], [0.9, 0.9]),
    ],
)
def test_twenty_patients_are_covered_where_percentiles_are_too_narrow(sizes: list[int], recalls: list[float]) -> None:
    held = np.array([balanced(sizes, recalls, np.random.default_rng(seed)) for seed in range(400)]).sum(axis=0)
    assert held[0] >= binom.ppf(0.001, 400, 0.95)
    assert held[1] < binom.ppf(0.001, 400, 0.95)


def answered(wrong: int, right: int, *, rows: int = 1) -> Replicate:
    """Return patients of whom some have a wrong row, and others a right one, ``rows`` each."""
    patient = np.repeat(np.arange(wrong + right), rows)
    is_wrong = patient < wrong
    return Replicate(is_wrong.astype(np.int64), np.tile([0.9, 0.1], (len(patient), 1)), patient, np.zeros_like(patient))


@pytest.mark.parametrize(("wrong", "right", "few"), [(5, 5, False), (4, 9, True), (9, 4, True), (0, 9, True)])
def test_few_patients_with_an_error_or_without_say_little(wrong: int, right: int, few: bool) -> None:
    assert few_patients([answered(wrong, right)]) == few
    assert few_patients([answered(wrong, right, rows=7)]) == few  # rows of a patient count once
    assert few_patients([answered(wrong, right), answered(wrong, right)]) == few  # so do seeds
    assert not few_patients([answered(5, 9), answered(0, 14)])
    assert not few_patients([])


def test_what_no_resample_changes_and_what_is_at_a_bound() -> None:
    samples = np.array([[0.2, 0.2, np.nan], [0.2, 0.2 + 1e-11, 0.2], [0.2, 0.2 + 1e-9, np.nan], [np.nan] * 3])
    assert unmoved(samples).tolist() == [True, True, False, True]
    values = np.array([0.0, 1e-13, 1e-11, 0.5, 1.0, -1.0])
    assert at_bound(values).tolist() == [True, True, False, False, True, False]
    assert at_bound(values, (-1, 1)).tolist() == [False, False, False, False, True, True]


@pytest.mark.parametrize("wide", [Z, 2.5])
def test_resamples_that_are_not_defined_are_left_out_and_bounds_are_a_change_of_scale(wide: float) -> None:
    rng = np.random.default_rng(1)
    samples = rng.uniform(0.5, 0.9, (3, 40))
    values, most = samples.mean(axis=1), np.array([200.0, 30.0, 8.0])
    ours = share_interval(values, samples, wide, most)
    holes = np.hstack([samples, np.full((3, 5), np.nan)])
    np.testing.assert_allclose(share_interval(values, holes, np.full(3, wide), most), ours)
    scaled = share_interval(2 * values - 1, 2 * samples - 1, wide, most, (-1, 1))
    np.testing.assert_allclose(scaled, 2 * np.array(ours) - 1, atol=1e-12)
    for value, row, cap, low, high in zip(values, samples, most, *ours, strict=True):
        n = min(value * (1 - value) / row.var(), cap) / (wide / Z) ** 2
        middle, half = (value + Z**2 / (2 * n)), Z * np.sqrt(value * (1 - value) / n + Z**2 / (4 * n**2))
        wilson = np.array([middle - half, middle + half]) / (1 + Z**2 / n)
        assert low <= wilson[0] + 1e-12 and wilson[1] - 1e-12 <= high
        assert high - low < 1.2 * (wilson[1] - wilson[0])


def test_flags_of_one_answer_are_of_each_entry_and_only_where_nothing_moves() -> None:
    still, moving = np.full((3, 9), 0.5), np.tile(np.linspace(0.4, 0.6, 9), (3, 1))
    values, fixed = np.full(3, 0.5), np.array([True, False, True])
    low, high = share_interval(values, still, Z, 12, fixed=fixed)
    assert ((high - low) > 0).tolist() == [False, True, False]
    low, high = share_interval(values, moving, Z, 12, fixed=fixed)
    assert ((high - low) > 0.1).all()
    ends = share_interval(np.array([0.0, 1.0]), np.array([[0.0] * 9, [1.0] * 9]), Z, 12, fixed=True)
    np.testing.assert_allclose(np.array(ends).T, [expected(0, 12), expected(12, 12)], atol=1e-9)
