"""Points of a ranking read fold by fold, against scikit-learn in each fold and a mean by the class's rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from leaderboard.measures.curves import average_precision, prevalence, sensitivity_at, specificity_at
from tests.leaderboard.metric_cases import Case, cases

AT = 0.7


def precision(true: np.ndarray, score: np.ndarray, weight: np.ndarray) -> float:
    return float(sk.average_precision_score(true, score, sample_weight=weight))


def point(true: np.ndarray, score: np.ndarray, weight: np.ndarray, on_specificity: bool) -> float:
    if true.all():
        return np.nan
    fpr, tpr, _ = sk.roc_curve(true, score, sample_weight=weight, drop_intermediate=False)
    held, read = (1 - fpr, tpr) if on_specificity else (tpr, 1 - fpr)
    return float(read[held >= AT - 1e-9].max())


READINGS = {
    "precision": (average_precision, precision),
    "sensitivity": (lambda *case, **more: sensitivity_at(AT, *case, **more), lambda *rows: point(*rows, True)),
    "specificity": (lambda *case, **more: specificity_at(AT, *case, **more), lambda *rows: point(*rows, False)),
}


@pytest.mark.parametrize("name", READINGS)
@given(case=cases(2, 3), seed=st.integers(0, 99))
def test_folds_are_averaged_by_the_rows_of_the_class(name: str, case: Case, seed: int) -> None:
    ours, reference = READINGS[name]
    fold = np.random.default_rng(seed).integers(0, 3, len(case.y))
    found = ours(*case, fold=fold)
    for b, weights in enumerate(case.weights):
        for k in range(case.proba.shape[1]):
            total = share = 0.0
            for f in range(3):
                rows = (fold == f) & (weights > 0)
                true = case.y[rows] == k
                read = reference(true, case.proba[rows, k], weights[rows]) if true.any() else np.nan
                if not np.isnan(read):
                    total += read * weights[rows][true].sum()
                    share += weights[rows][true].sum()
            assert found[b, k] == pytest.approx(total / share if share else np.nan, abs=1e-10, nan_ok=True)


@given(cases())
def test_prevalence_is_the_share_of_a_class(case: Case) -> None:
    for b, weights in enumerate(case.weights):
        for k in range(case.proba.shape[1]):
            wanted = weights[case.y == k].sum() / weights.sum() if weights.any() else np.nan
            assert prevalence(*case)[b, k] == pytest.approx(wanted, nan_ok=True)


def test_a_share_that_is_exactly_the_limit_passes_it() -> None:
    y, chance = np.repeat([0, 1], 20), np.r_[np.arange(20) / 40, np.arange(20) / 40 + 0.001]
    proba, ones = np.stack([1 - chance, chance], axis=1), np.ones((1, 40))
    assert sensitivity_at(0.95, y, proba, ones)[0, 1] == pytest.approx(2 / 20)  # 1 of 20 may pass
    assert specificity_at(0.95, y, proba, ones)[0, 1] == pytest.approx(2 / 20)  # 19 of 20 must
    assert sensitivity_at(0.96, y, proba, ones)[0, 1] == pytest.approx(1 / 20)
