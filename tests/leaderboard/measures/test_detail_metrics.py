"""Detailed metrics against scikit-learn, closed forms and loops, on every resample."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression

from leaderboard.measures.auroc import hand_till
from leaderboard.measures.calibration import brier
from leaderboard.measures.curves import average_precision, prevalence, sensitivity_at, specificity_at
from leaderboard.measures.decisions import (
    class_f1,
    kappa,
    negative_predictive_value,
    positive_predictive_value,
    sensitivity,
    specificity,
)
from leaderboard.measures.recalibration_line import intercept, slope
from leaderboard.measures.reliability import (
    brier_reliability,
    brier_resolution,
    ece_classwise,
    ece_debiased,
    ece_equal_mass,
)
from leaderboard.measures.selective import accuracy_at_coverage, aurc
from tests.leaderboard.metric_cases import Case, cases

EXACT = {"rtol": 0, "atol": 1e-10, "equal_nan": True}


def by_class(case: Case, reference) -> np.ndarray:
    """Apply ``reference(true, score, weight)`` to each resample and class; NaN where a class or its rest is absent."""
    out = np.full((len(case.weights), case.proba.shape[1]), np.nan)
    for b in range(len(case.weights)):
        y, proba, weight = case.resample(b)
        for k in range(case.proba.shape[1]):
            if (y == k).any():
                out[b, k] = reference(y == k, proba[:, k], weight)
    return out


@given(cases())
def test_average_precision(case):
    expected = by_class(case, lambda t, s, w: sk.average_precision_score(t, s, sample_weight=w))
    np.testing.assert_allclose(average_precision(*case), expected, **EXACT)


@given(cases())
def test_average_precision_of_one_score_for_all_is_the_prevalence(case):
    flat = np.full_like(case.proba, 1 / case.proba.shape[1])
    shares = prevalence(case.y, flat, case.weights)
    np.testing.assert_allclose(
        average_precision(case.y, flat, case.weights), np.where(shares > 0, shares, np.nan), **EXACT
    )


def _roc_point(true, score, weight, *, floor: float, on_specificity: bool) -> float:
    if true.all():
        return np.nan
    fpr, tpr, _ = sk.roc_curve(true, score, sample_weight=weight, drop_intermediate=False)
    held, read = (1 - fpr, tpr) if on_specificity else (tpr, 1 - fpr)
    return float(read[held >= floor - 1e-9].max())


@given(cases())
def test_operating_points(case):
    expected = by_class(case, lambda t, s, w: _roc_point(t, s, w, floor=0.8, on_specificity=True))
    np.testing.assert_allclose(sensitivity_at(0.8, *case), expected, **EXACT)
    expected = by_class(case, lambda t, s, w: _roc_point(t, s, w, floor=0.8, on_specificity=False))
    np.testing.assert_allclose(specificity_at(0.8, *case), expected, **EXACT)


def test_curves_are_read_fold_by_fold():
    rng = np.random.default_rng(0)
    y, proba = rng.integers(0, 2, 80), rng.dirichlet([1, 1], 80)
    fold, weights = np.arange(80) % 4, np.ones((1, 80))
    shifted = np.clip(proba * 0.2 + 0.2 * fold[:, None], 0, 1)  # another scale in every fold changes nothing
    np.testing.assert_allclose(
        average_precision(y, proba, weights, fold=fold), average_precision(y, shifted, weights, fold=fold)
    )
    parts = [sk.average_precision_score(y[fold == f], proba[fold == f, 1]) * y[fold == f].sum() for f in range(4)]
    assert average_precision(y, proba, weights, fold=fold)[0, 1] == pytest.approx(sum(parts) / y.sum())


@given(cases())
def test_recall_and_f1_of_each_class(case):
    wanted_f1, wanted_recall = (np.full((len(case.weights), case.proba.shape[1]), np.nan) for _ in range(2))
    for b in range(len(case.weights)):
        y, proba, weight = case.resample(b)
        if not len(y):
            continue
        names, guess = np.unique(y), proba.argmax(axis=1)
        wanted_f1[b, names] = sk.f1_score(y, guess, labels=names, average=None, sample_weight=weight, zero_division=0)
        wanted_recall[b, names] = sk.recall_score(y, guess, labels=names, average=None, sample_weight=weight)
    np.testing.assert_allclose(class_f1(*case), wanted_f1, **EXACT)
    np.testing.assert_allclose(sensitivity(*case), wanted_recall, **EXACT)


@given(cases(2, 2))
def test_specificity_is_the_recall_of_the_rest(case):
    np.testing.assert_allclose(specificity(*case)[:, 1], sensitivity(*case)[:, 0], **EXACT)


def test_predictive_values_at_the_observed_prevalence_are_the_observed_ones():
    rng = np.random.default_rng(1)
    y, proba, weights = rng.integers(0, 2, 200), rng.dirichlet([1, 1], 200), np.ones((1, 200))
    guess, at = proba.argmax(axis=1), y.mean()
    assert positive_predictive_value(at, y, proba, weights)[0, 1] == pytest.approx(sk.precision_score(y, guess))
    assert negative_predictive_value(at, y, proba, weights)[0, 1] == pytest.approx(
        sk.precision_score(y, guess, pos_label=0)
    )


@given(cases())
def test_kappa(case):
    for b, score in enumerate(kappa(*case)):
        y, proba, weight = case.resample(b)
        names = set(y.tolist()) | set(proba.argmax(axis=1).tolist()) if len(y) else set()
        if len(names) < 2:
            assert np.isnan(score)
        else:
            assert score == pytest.approx(
                sk.cohen_kappa_score(y, proba.argmax(axis=1), sample_weight=weight), abs=1e-10
            )


def _loop_ece(true: np.ndarray, chance: np.ndarray, weight: np.ndarray) -> float:
    gaps = 0.0
    for i in range(15):
        inside = (chance * 15 >= i) & ((chance * 15 < i + 1) | (i == 14))
        gaps += abs((weight[inside] * (true[inside] - chance[inside])).sum())
    return gaps / weight.sum()


@given(cases())
def test_classwise_ece(case):
    for b, score in enumerate(ece_classwise(*case)):
        y, proba, weight = case.resample(b)
        if not len(y):
            assert np.isnan(score)
            continue
        loops = [_loop_ece((y == k).astype(float), proba[:, k], weight) for k in range(proba.shape[1])]
        assert score == pytest.approx(np.mean(loops), abs=1e-10)


def test_equal_mass_bins_hold_equally_many_rows():
    rng = np.random.default_rng(2)
    confidence = rng.permutation(np.linspace(0.51, 0.99, 15 * 20))
    y = (rng.random(300) < 0.7).astype(np.int64)
    proba = np.stack([1 - confidence, confidence], axis=1)
    ranked = np.argsort(confidence)
    loop = sum(abs((y[part] - confidence[part]).sum()) for part in np.split(ranked, 15)) / 300
    assert ece_equal_mass(y, proba, np.ones((1, 300)))[0] == pytest.approx(loop, abs=1e-12)


@given(cases())
def test_equal_mass_ece_of_repeated_rows_equals_that_of_weights(case):
    for b, score in enumerate(ece_equal_mass(*case)):
        y, proba, weight = case.resample(b)
        times = weight.astype(int)
        if not len(y):
            assert np.isnan(score)
            continue
        repeated = ece_equal_mass(np.repeat(y, times), np.repeat(proba, times, axis=0), np.ones((1, times.sum())))
        np.testing.assert_allclose(score, repeated[0], **EXACT)


def test_debiased_ece_of_a_calibrated_entry_is_smaller_than_the_plain_one():
    rng = np.random.default_rng(3)
    plain, debiased = [], []
    for _ in range(200):
        chance = rng.uniform(0.5, 1, 100)
        y = (rng.random(100) < chance).astype(np.int64)
        proba, weights = np.stack([1 - chance, chance], axis=1), np.ones((1, 100))
        plain.append(_loop_ece((y == 1).astype(float), chance, weights[0]))
        debiased.append(ece_debiased(y, proba, weights)[0] ** 2)
    assert np.mean(debiased) < np.mean(plain) ** 2 / 2


@given(cases())
def test_brier_is_the_sum_of_its_parts(case):
    within, uncertainty = np.zeros(len(case.weights)), np.zeros(len(case.weights))
    for b in range(len(case.weights)):
        y, proba, weight = case.resample(b)
        for k in range(proba.shape[1]) if len(y) else ():
            true, chance = (y == k).astype(float), proba[:, k]
            base = np.average(true, weights=weight)
            uncertainty[b] += base * (1 - base)
            bins = np.minimum((chance * 15).astype(int), 14)
            for i in np.unique(bins):
                here = bins == i
                mean_p, mean_t = (np.average(v[here], weights=weight[here]) for v in (chance, true))
                spread = np.average((chance[here] - mean_p) ** 2, weights=weight[here])
                together = np.average((chance[here] - mean_p) * (true[here] - mean_t), weights=weight[here])
                within[b] += weight[here].sum() / weight.sum() * (spread - 2 * together)
    whole = brier_reliability(*case) - brier_resolution(*case) + uncertainty + within
    expected = brier(*case)
    np.testing.assert_allclose(whole[~np.isnan(expected)], expected[~np.isnan(expected)], atol=1e-10)


def test_calibration_line_is_the_logistic_regression_on_the_log_odds():
    rng = np.random.default_rng(4)
    n = 400
    logits = rng.normal(0, 1.5, (n, 3))
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = np.array([rng.choice(3, p=row) for row in proba**0.6 / (proba**0.6).sum(axis=1, keepdims=True)])
    weights = np.stack([np.ones(n), rng.integers(0, 3, n).astype(float)])
    for b in range(2):
        for k in range(3):
            odds = np.log(proba[:, k] / (1 - proba[:, k]))
            fit = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(
                odds[:, None], y == k, sample_weight=weights[b]
            )
            assert slope(y, proba, weights)[b, k] == pytest.approx(fit.coef_[0, 0], abs=1e-4)
            shift = intercept(y, proba, weights)[b, k]
            mean = np.average(1 / (1 + np.exp(-(shift + odds))), weights=weights[b])
            assert mean == pytest.approx(np.average(y == k, weights=weights[b]), abs=1e-8)


def test_a_separated_class_has_no_slope():
    y, chance = np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9])
    assert np.isnan(slope(y, np.stack([1 - chance, chance], axis=1), np.ones((1, 4)))).all()


@given(cases())
def test_risk_and_coverage_by_a_loop(case):
    areas, sure = aurc(*case), accuracy_at_coverage(0.5, *case)
    for b in range(len(case.weights)):
        y, proba, weight = case.resample(b)
        if not len(y):
            assert np.isnan(areas[b]) and np.isnan(sure[b])
            continue
        confidence, wrong = proba.max(axis=1), proba.argmax(axis=1) != y
        at_least = [confidence >= c for c in confidence]
        risk = [np.average(wrong[rows], weights=weight[rows]) for rows in at_least]
        assert areas[b] == pytest.approx(np.average(risk, weights=weight), abs=1e-10)
        covered = np.array([weight[rows].sum() for rows in at_least]) / weight.sum()
        smallest = covered[covered >= 0.5 - 1e-9].min()
        assert sure[b] == pytest.approx(1 - risk[int(np.flatnonzero(covered == smallest)[0])], abs=1e-10)


@given(cases(3, 4))
def test_hand_till(case):
    for b, score in enumerate(hand_till(*case)):
        y, proba, weight = case.resample(b)
        found = []
        for i, j in combinations(range(proba.shape[1]), 2):
            pair = (y == i) | (y == j)
            if (y == i).any() and (y == j).any():
                ways = [sk.roc_auc_score(y[pair] == k, proba[pair, k], sample_weight=weight[pair]) for k in (i, j)]
                found.append(np.mean(ways))
        assert score == pytest.approx(np.mean(found), abs=1e-10) if found else np.isnan(score)
