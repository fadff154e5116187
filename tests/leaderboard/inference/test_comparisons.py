"""Tests between entries against brute force, SciPy, numerical integration and simulation."""

from __future__ import annotations

from math import erfc
from statistics import median, stdev

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import t, ttest_rel, wilcoxon
from sklearn.metrics import roc_auc_score

from leaderboard.inference.correlated_t import bayesian_t, nadeau_bengio
from leaderboard.inference.critical_difference import critical_difference, holm
from leaderboard.inference.delong import delong
from leaderboard.inference.permutation import permutation_p
from leaderboard.inference.resolution import patients_needed, resolution_floor
from leaderboard.measures.metrics import METRICS
from leaderboard.records.testsets import Replicate


def scores_of(rng, n, skill):
    y = (rng.random(n) < 0.4).astype(np.int64)
    common = rng.normal(size=n)
    return y, *(np.round(strength * y + common + rng.normal(size=n), 1) for strength in skill)


def test_delong_is_the_jackknife_of_the_difference():
    y, a, b = scores_of(np.random.default_rng(0), 120, (1.0, 1.4))
    found = delong(y, a, b)
    assert found.difference == pytest.approx(roc_auc_score(y, a) - roc_auc_score(y, b))
    gap = []
    for kind in (1, 0):
        rows = np.flatnonzero(y == kind)
        left_out = [np.delete(np.arange(120), i) for i in rows]
        values = [roc_auc_score(y[k], a[k]) - roc_auc_score(y[k], b[k]) for k in left_out]
        gap.append((len(rows) - 1) / len(rows) * np.sum((values - np.mean(values)) ** 2))
    assert found.error == pytest.approx(np.sqrt(sum(gap)), rel=0.02)


def test_delong_keeps_its_level():
    rng = np.random.default_rng(1)
    p = [delong(*scores_of(rng, 60, (1.0, 1.0))).p for _ in range(400)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.085


def test_delong_within_folds_ignores_the_scale_of_folds():
    y, a, b = scores_of(np.random.default_rng(2), 90, (1.0, 1.5))
    fold = np.arange(90) % 3
    np.testing.assert_allclose(delong(y, a, b, fold), delong(y, a + 100 * fold, b - 7 * fold, fold))


def test_delong_within_folds_against_components_by_hand():
    """Folds of unequal size and prevalence: a fold counts by its pairs, in the estimate and in the variance."""
    y, a, b = scores_of(np.random.default_rng(11), 100, (1.0, 1.6))
    fold = np.repeat([0, 1, 2], [15, 25, 60])
    y[:15] = [1, 1, 1, *[0] * 12]
    pairs, gaps, variances = [], [], []
    for f in range(3):
        ill, well = (np.flatnonzero((fold == f) & (y == kind)) for kind in (1, 0))
        wins = [[beats(a[i], a[j]) - beats(b[i], b[j]) for j in well] for i in ill]
        of_ill, of_well = (
            [sum(row) / len(well) for row in wins],
            [sum(col) / len(ill) for col in zip(*wins, strict=True)],
        )
        gap = sum(of_ill) / len(ill)
        spread = [sum((v - gap) ** 2 for v in part) / (len(part) - 1) / len(part) for part in (of_ill, of_well)]
        pairs.append(len(ill) * len(well)), gaps.append(gap), variances.append(sum(spread))
    share = [n / sum(pairs) for n in pairs]
    found = delong(y, a, b, fold)
    difference = sum(w * gap for w, gap in zip(share, gaps, strict=True))
    error = sum(w * w * v for w, v in zip(share, variances, strict=True)) ** 0.5
    assert found.difference == pytest.approx(difference, rel=1e-12) and found.error == pytest.approx(error, rel=1e-12)
    assert found.p == pytest.approx(erfc(abs(difference) / error / 2**0.5), rel=1e-9)


def beats(one: float, other: float) -> float:
    return float(one > other) + 0.5 * float(one == other)


def test_delong_without_a_fold_of_both_classes_is_not_defined():
    y, a, b = np.array([1, 1, 0, 0]), np.arange(4.0), np.arange(4.0)[::-1]
    assert np.isnan(delong(y, a, b, np.array([0, 0, 1, 1]))).all()
    mixed = delong(np.r_[y, 1, 0, 0, 1], np.r_[a, 4, 1, 2, 3], np.r_[b, 1, 4, 2, 3], np.repeat([0, 1, 2], [2, 2, 4]))
    assert mixed.difference == pytest.approx(1.0 - 0.25)  # one fold of four has pairs: 4 of 4 right against 1 of 4


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("y", [[1, 0, 0, 0], [0, 1, 1, 1]])
def test_delong_of_one_patient_of_a_class_has_no_error_and_no_warning(y):
    found = delong(np.array(y), np.array([0.9, 0.1, 0.95, 0.3]), np.array([0.2, 0.1, 0.3, 0.4]))
    assert np.isnan([found.error, found.p]).all() and not np.isnan(found.difference)


def test_delong_of_an_entry_with_itself():
    y, a, _ = scores_of(np.random.default_rng(3), 40, (1.0, 1.0))
    assert delong(y, a, a) == (0.0, 0.0, 1.0)


def replicate(y, score, patient):
    chance = 1 / (1 + np.exp(-score))
    return Replicate(y, np.stack([1 - chance, chance], axis=1), patient, np.zeros(len(y), np.int64))


@pytest.mark.parametrize("metric", ["auroc", "accuracy"])
def test_permutations_against_all_exchanges(metric):
    y, a, b = scores_of(np.random.default_rng(4), 9, (0.5, 2.5))
    first, second, measure = replicate(y, a, np.arange(9)), replicate(y, b, np.arange(9)), METRICS[metric]
    gaps = []
    for bits in range(2**9):
        swap = (bits >> np.arange(9)) & 1 == 1
        one, two = (np.where(swap[:, None], p, q) for p, q in _exchangeable(first, second, metric))
        weights = np.ones((1, 9))
        extra = {"fold": first.fold} if measure.within_fold else {}
        gaps.append(float((measure.function(y, one, weights, **extra) - measure.function(y, two, weights, **extra))[0]))
    exact = np.mean(np.abs(gaps) >= abs(gaps[0]) - 1e-12)
    drawn = permutation_p((first,), (second,), measure, 9, permutations=20000, seed=0)
    assert drawn == pytest.approx(exact, abs=0.015)


def _exchangeable(first, second, metric):
    from scipy.stats import rankdata

    p, q = first.proba, second.proba
    if metric == "auroc":
        p, q = rankdata(p, axis=0), rankdata(q, axis=0)
    return (q, p), (p, q)


def test_rows_of_a_patient_are_exchanged_together():
    y, a, b = scores_of(np.random.default_rng(5), 30, (0.5, 2.0))
    once = permutation_p((replicate(y, a, np.arange(30)),), (replicate(y, b, np.arange(30)),), METRICS["accuracy"], 30)
    y2, a2, b2, patient = np.repeat(y, 4), np.repeat(a, 4), np.repeat(b, 4), np.repeat(np.arange(30), 4)
    copied = permutation_p((replicate(y2, a2, patient),), (replicate(y2, b2, patient),), METRICS["accuracy"], 30)
    assert copied == once


def test_nadeau_bengio_widens_the_paired_t_test_by_the_known_factor():
    rng = np.random.default_rng(6)
    a, b = rng.normal(0.8, 0.05, 10), rng.normal(0.77, 0.05, 10)
    plain, corrected = ttest_rel(a, b), nadeau_bengio(a - b, folds=10)
    inflation = np.sqrt(1 + 10 / 9)  # F = 1 + K / (K - 1) for one K-fold
    assert (corrected.difference / corrected.error) * inflation == pytest.approx(plain.statistic)


def test_bayesian_t_against_integration():
    gaps = np.random.default_rng(7).normal(0.015, 0.02, 15)
    scale = np.sqrt((1 / 15 + (1 / 5) / (1 - 1 / 5)) * gaps.var(ddof=1))
    inside, _ = quad(lambda x: t.pdf(x, 14, gaps.mean(), scale), -0.01, 0.01)
    found = bayesian_t(gaps, folds=5, rope=0.01)
    assert found.same == pytest.approx(inside, abs=1e-8)
    assert sum(found) == pytest.approx(1)


@pytest.mark.parametrize("mean", [-0.75, -0.5, -0.25, 0.0, 0.5, 0.75])
def test_folds_that_all_agree_leave_no_doubt_and_the_region_holds_its_edges(mean):
    found = bayesian_t(np.full(5, mean), folds=5, rope=0.5)
    assert tuple(found) == (mean < -0.5, -0.5 <= mean <= 0.5, mean > 0.5)


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.04, 0.01, 0.03])), [0.06, 0.03, 0.06])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_raw_and_bonferroni(p):
    raw = np.array(p)
    corrected = holm(raw)
    assert (corrected >= raw - 1e-12).all()
    assert (corrected <= np.minimum(len(raw) * raw, 1) + 1e-12).all()


def test_critical_difference_groups_only_what_is_not_separated():
    rng = np.random.default_rng(8)
    base = rng.normal(size=20)
    table = pd.DataFrame({"a": base, "a2": base + rng.normal(0, 0.01, 20), "b": base - 1 + rng.normal(0, 0.1, 20)})
    found = critical_difference(table, higher_is_better=True)
    assert found.groups == (("a", "a2"),) or found.groups == (("a2", "a"),)
    raw = wilcoxon(table["a"] - table["b"]).pvalue
    assert found.p.loc["a", "b"] >= raw
    assert found.ranks["b"] == 3


def test_critical_difference_refuses_few_tasks_and_holes():
    with pytest.raises(ValueError, match="6 or more"):
        critical_difference(pd.DataFrame(np.ones((5, 2))), higher_is_better=True)
    with pytest.raises(ValueError, match="missing"):
        critical_difference(pd.DataFrame({"a": [1.0, np.nan] * 4, "b": 1.0}), higher_is_better=True)


def test_the_floor_is_the_half_width_of_a_paired_interval():
    rng = np.random.default_rng(9)
    samples = rng.normal(size=(2, 100_000)) * [[0.03], [0.04]]
    half = np.diff(np.quantile(samples[0] - samples[1], [0.025, 0.975]))[0] / 2
    assert resolution_floor(samples, 1.96) == pytest.approx(half, rel=0.02)
    assert np.isnan(resolution_floor(samples[:1], 1.96))


def test_the_floor_of_three_resamples_by_hand():
    samples = np.array([[0.1, 0.4, 0.7], [0.2, 0.2, 0.2], [0.5, 0.9, 0.1]])
    wide = [2.0, 3.0, 4.0]  # of two entries the larger counts
    halves = [max(wide[i], wide[j]) * stdev((samples[i] - samples[j]).tolist()) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert resolution_floor(samples, np.array(wide)) == pytest.approx(median(halves))


def test_patients_needed_are_enough_in_simulation():
    rng = np.random.default_rng(10)
    n = patients_needed(0.1, 1 / np.sqrt(100), 100, 1.96)  # unit variance a patient, 100 patients
    means = rng.normal(0.1, 1, (2000, int(n))).mean(axis=1)
    assert np.mean(means > 1.96 / np.sqrt(n)) == pytest.approx(0.5, abs=0.04)
    assert patients_needed(0.0, 0.1, 100, 1.96) == np.inf
