"""Scores of the label against scikit-learn, on every resample."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from sklearn import metrics as reference

from leaderboard.measures.counts import accuracy, always_positive_f1, balanced_accuracy, f1, label, macro_f1, mcc
from tests.leaderboard.metric_cases import Case, cases


def by_scikit_learn(case: Case, b: int) -> dict[str, float]:
    y, proba, weight = case.resample(b)
    if not len(y):
        return dict.fromkeys(("accuracy", "balanced", "macro_f1", "mcc"), np.nan)
    given_label, only_class = proba.argmax(axis=1), len(np.unique(y)) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "accuracy": reference.accuracy_score(y, given_label, sample_weight=weight),
            "balanced": reference.balanced_accuracy_score(y, given_label, sample_weight=weight),
            "macro_f1": reference.f1_score(
                y, given_label, labels=np.unique(y), average="macro", sample_weight=weight, zero_division=0
            ),
            "mcc": np.nan if only_class else reference.matthews_corrcoef(y, given_label, sample_weight=weight),
        }


@given(cases())
def test_every_resample_equals_scikit_learn(case: Case) -> None:
    wanted = [by_scikit_learn(case, b) for b in range(len(case.weights))]
    ours = {"accuracy": accuracy, "balanced": balanced_accuracy, "macro_f1": macro_f1, "mcc": mcc}
    for name, function in ours.items():
        np.testing.assert_allclose(function(*case), [w[name] for w in wanted], rtol=0, atol=1e-12, err_msg=name)


@given(cases(max_classes=2))
def test_binary_f1_equals_scikit_learn(case: Case) -> None:
    for b in range(len(case.weights)):
        y, proba, weight = case.resample(b)
        single, always = f1(*case)[b], always_positive_f1(*case)[b]
        if not (y == 1).any():
            assert np.isnan(single) and np.isnan(always)
            continue
        ones = np.ones_like(y)
        assert single == pytest.approx(reference.f1_score(y, proba.argmax(axis=1), sample_weight=weight), abs=1e-12)
        assert always == pytest.approx(reference.f1_score(y, ones, sample_weight=weight), abs=1e-12)


@given(cases())
def test_order_of_rows_does_not_matter(case: Case) -> None:
    order = np.random.default_rng(0).permutation(len(case.y))
    moved = case.y[order], case.proba[order], case.weights[:, order]
    for function in (accuracy, balanced_accuracy, macro_f1, mcc):
        np.testing.assert_allclose(function(*case), function(*moved), rtol=0, atol=1e-12)


def test_always_positive_f1_is_two_p_over_one_plus_p() -> None:
    y = np.array([1] * 75 + [0] * 25)
    np.testing.assert_allclose(always_positive_f1(y, np.full((100, 2), 0.5), np.ones((1, 100))), 2 * 0.75 / 1.75)


def test_an_absent_class_is_left_out_not_zero() -> None:
    y, proba = np.array([0, 0, 1, 1]), np.eye(3)[[0, 2, 1, 1]]
    weights = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], dtype=float)
    np.testing.assert_allclose(balanced_accuracy(y, proba, weights), [0.75, 0.5])
    np.testing.assert_allclose(macro_f1(y, proba, weights), [(2 / 3 + 1) / 2, 2 / 3])


def test_perfect_constant_one_class_and_empty() -> None:
    y, weights = np.array([0, 1, 2]), np.ones((1, 3))
    assert [f(y, np.eye(3), weights)[0] for f in (accuracy, balanced_accuracy, macro_f1, mcc)] == [1, 1, 1, 1]
    assert mcc(y, np.full((3, 3), 1 / 3), weights)[0] == 0
    assert np.isnan(mcc(np.zeros(3, dtype=int), np.eye(3), weights)[0])
    nothing = np.zeros(0, dtype=int), np.zeros((0, 3)), np.zeros((2, 0))
    for function in (accuracy, balanced_accuracy, macro_f1, mcc, f1, always_positive_f1):
        assert np.isnan(function(*nothing)).all()


def test_a_tied_label_is_the_first_class() -> None:
    assert label(np.array([[0.4, 0.4, 0.2], [0.2, 0.4, 0.4]])).tolist() == [0, 1]
