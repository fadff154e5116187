"""Calibration on held-out patients: a search by brute force, a known answer, and folds that keep patients apart."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import log_softmax

from baselines.classic import Calibration, Table, fit_calibration, patient_folds


def drawn(n=4000, sharpness=3.0, seed=0):
    """Return evidence that is ``sharpness`` times too sure, log-prior and classes."""
    rng = np.random.default_rng(seed)
    prior = np.array([0.6, 0.3, 0.1])
    honest = rng.normal(size=(n, 3))
    proba = np.exp(log_softmax(honest + np.log(prior), axis=1))
    y = (proba.cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1)
    return sharpness * honest, np.log(prior), y


def loss(numbers, evidence, log_prior, y):
    log_proba = log_softmax(Calibration(*numbers)(evidence, log_prior) + log_prior, axis=1)
    near = 0.5 * (np.log(numbers[0]) ** 2 + numbers[1] ** 2)
    return -log_proba[np.arange(len(y)), y].sum() + near


@pytest.mark.parametrize("sharpness", [0.2, 1.0, 4.0])
def test_a_known_overconfidence_is_undone(sharpness):
    evidence, log_prior, y = drawn(sharpness=sharpness)
    found = fit_calibration(evidence, log_prior, y, np.ones(len(y)))
    assert found.sharpness == pytest.approx(1 / sharpness, rel=0.1)
    assert found.tilt == pytest.approx(0, abs=0.1)


def test_no_other_pair_of_numbers_is_better():
    evidence, log_prior, y = drawn(n=80)
    found = fit_calibration(evidence, log_prior, y, np.ones(80))
    grid = [(s, t) for s in np.geomspace(0.02, 20, 60) for t in np.linspace(-2, 2, 41)]
    assert loss(found, evidence, log_prior, y) <= min(loss(pair, evidence, log_prior, y) for pair in grid) + 1e-6


def test_patients_stay_together_and_classes_spread():
    y = np.repeat([0, 0, 0, 0, 1, 1, 1, 1], 3)
    patient = np.repeat([f"P{i}" for i in range(8)], 3)
    folds = patient_folds(y, patient, 4, 0)
    assert sorted(np.concatenate([held for _, held in folds])) == list(range(24))
    for learn, held in folds:
        assert not set(patient[learn]) & set(patient[held]) and set(y[held]) == {0, 1}
    assert patient_folds(y[:3], patient[:3], 4, 0) == []


def test_views_that_read_labels_choose_anew_in_inner_folds():
    seen = []

    def remake(learn):
        seen.append(learn.tolist())
        return pd.DataFrame({"genes:sum": np.full(6, float(learn.sum()))})

    table = Table(
        pd.DataFrame({"genes:all": np.arange(6.0)}), np.array([0, 1] * 3), np.array(list("abcdef")), 2, remake
    )
    part, rest = table.split(np.array([0, 1, 2, 3]), np.array([4, 5]))
    assert part.X["genes:sum"].tolist() == [6] * 4 and rest.X["genes:sum"].tolist() == [6] * 2
    inner, _ = part.split(np.array([1, 3]), np.array([0, 2]))
    assert inner.X["genes:sum"].tolist() == [4, 4] and seen == [[0, 1, 2, 3], [1, 3]]
