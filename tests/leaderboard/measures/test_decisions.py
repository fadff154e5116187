"""Scores of the label, class by class, against counts and Bayes' rule in a loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.measures.decisions import (
    class_f1,
    kappa,
    negative_predictive_value,
    positive_predictive_value,
    sensitivity,
    specificity,
)
from tests.leaderboard.metric_cases import Case, cases


def share(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


@given(cases(), st.sampled_from([0.02, 0.3, 0.9]))
def test_counts_of_each_class(case: Case, at: float) -> None:
    guess = case.proba.argmax(axis=1)
    found = [f(*case) for f in (sensitivity, specificity, class_f1)]
    found += [f(at, *case) for f in (positive_predictive_value, negative_predictive_value)]
    for b, w in enumerate(case.weights):
        for k in range(case.proba.shape[1]):
            true, called = case.y == k, guess == k
            sens, spec = share(w[true & called].sum(), w[true].sum()), share(w[~true & ~called].sum(), w[~true].sum())
            f1 = share(2 * w[true & called].sum(), w[true].sum() + w[called].sum()) if w[true].any() else np.nan
            ppv = share(at * sens, at * sens + (1 - at) * (1 - spec))
            npv = share((1 - at) * spec, (1 - at) * spec + at * (1 - sens))
            for scores, wanted in zip(found, (sens, spec, f1, ppv, npv), strict=True):
                assert scores[b, k] == pytest.approx(wanted, abs=1e-12, nan_ok=True)


@given(cases())
def test_kappa_from_the_table_of_truth_and_call(case: Case) -> None:
    n_classes = case.proba.shape[1]
    for b, w in enumerate(case.weights):
        table = np.zeros((n_classes, n_classes))
        np.add.at(table, (case.y, case.proba.argmax(axis=1)), w)
        wanted = np.nan
        if table.any():
            table /= table.sum()
            chance = float(table.sum(axis=0) @ table.sum(axis=1))
            wanted = np.nan if np.isclose(chance, 1) else (np.trace(table) - chance) / (1 - chance)
        assert kappa(*case)[b] == pytest.approx(wanted, abs=1e-10, nan_ok=True)
