"""Calibration on held-out patients: a search by brute force, a known answer, and folds that keep patients apart."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy.special import log_softmax

from baselines.classic import (
    Blocks,
    Calibration,
    Learners,
    Table,
    among,
    calibrated,
    fit_block,
    fit_calibration,
    log_ratios,
    patient_folds,
)
from baselines.classic.calibration import calibrated_loss
from baselines.combiners.early import Early
from baselines.combiners.late_mean import LateMean
from baselines.combiners.product import Product
from baselines.combiners.stacking import Stacking
from baselines.learners.logistic import Logistic
from baselines.learners.naive_bayes import NaiveBayes

NAMES = np.array([f"P{i}" for i in range(40)])


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


class Listener:
    """A learner that says nothing and remembers the columns of what it was given."""

    def __init__(self):
        self.heard = []

    def fit(self, train, valid, seed):
        self.heard.append((list(train.X.columns), list(valid.X.columns), len(valid.X)))
        return self

    facts: ClassVar[dict] = {}

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


@pytest.mark.parametrize("combiner", [Early(), Product(), LateMean(), Stacking()])
def test_no_learner_is_stopped_by_columns_that_it_does_not_learn_from(combiner):
    """Inner folds choose genes anew; valid has the genes that all of train chose, in the same number."""

    def remake(learn):
        return pd.DataFrame({f"genes:{len(learn)}": np.arange(40.0)})

    train = Blocks({"genes": remake(np.arange(40))}, np.arange(40) % 2, NAMES, 2, {"genes": remake})
    valid = train._replace(remake={})
    listener = Listener()
    combiner.fit(Learners(listener, {}), train, valid, 0)
    assert [n for _, _, n in listener.heard] == [40, 0, 0, 0, 0, 0]
    assert all(learned == judged for learned, judged, _ in listener.heard)
    assert listener.heard[0][0] == ["genes:40"] and listener.heard[1][0] == ["genes:32"]


@pytest.mark.parametrize("combiner", [Early(), Product(), LateMean(), Stacking()])
def test_one_patient_a_class_is_learned_from_without_inner_folds(combiner):
    X = pd.DataFrame({"genes:a": [0.0, 1.0, 2.0]})
    train = Blocks({"genes": X}, np.arange(3), np.array(list("abc")), 3, {})
    assert patient_folds(train.y, train.patient, 5, 0) == []
    found = combiner.fit(Learners(Logistic(), {}), train, train, 0).predict_proba({"genes": X}, 3)
    assert np.allclose(found.sum(axis=1), 1)


@pytest.mark.parametrize("combiner", [Early(), Product(), LateMean()])
def test_specimens_of_one_patient_calibrate_as_one(combiner):
    """The prior of a calibration is one patient's worth; three specimens that are alike are no three patients."""
    rng = np.random.default_rng(2)
    y = np.arange(60) % 2
    X = pd.DataFrame({"genes:a": y + rng.normal(size=60)})
    train = Blocks({"genes": X}, y, np.array([f"P{i}" for i in range(60)]), 2, {})
    tables = {"genes": pd.concat([X] * 3, ignore_index=True)}
    thrice = Blocks(tables, np.tile(y, 3), np.tile(train.patient, 3), 2, {})
    learners = Learners(NaiveBayes(), {})
    said = [combiner.fit(learners, seen, seen, 0).predict_proba({"genes": X}, 60) for seen in (train, thrice)]
    np.testing.assert_allclose(*said, atol=1e-4)


def test_a_modality_is_calibrated_on_the_class_shares_that_its_evidence_meets():
    """Class 1 seldom has genes: the two numbers that are used must be those with the least loss as they are used."""
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    genes = pd.DataFrame({"genes:a": 0.7 * y + rng.normal(size=200)})
    genes[(y == 1) & (np.arange(200) > 30)] = np.nan
    train = Blocks({"genes": genes}, y, np.array([f"P{i}" for i in range(200)]), 2, {})
    block = fit_block("genes", GivenOdds(), train, train, 0)
    there = genes["genes:a"].notna().to_numpy()

    def left(calibration):
        said = replace(block, calibration=calibration).evidence(genes, 200)[there] + np.log(block.prior)
        loss = -log_softmax(said, axis=1)[np.arange(there.sum()), y[there]].sum()
        return loss + 0.5 * (np.log(calibration.sharpness) ** 2 + calibration.tilt**2)

    found = calibrated(block, train, 0).calibration
    grid = [Calibration(s, t) for s in np.geomspace(0.05, 10, 60) for t in np.linspace(-1.5, 1.5, 61)]
    assert left(found) <= min(map(left, grid)) + 0.05  # folds differ a little in their class shares


class GivenOdds:
    """A learner of which every fold says the same, so that what is held out is what is used."""

    facts: ClassVar[dict] = {}

    def fit(self, train, valid, seed):
        return self

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-2 * X["genes:a"].to_numpy()))
        return np.column_stack([1 - p, p])


def fitted_to(evidence, log_prior, y, patients):
    return fit_calibration(np.array(evidence), np.array(log_prior), np.array(y), np.full(len(y), patients))


def test_neither_number_goes_beyond_its_limits():
    """Sharpness lies between exp(-5) and exp(5), tilt between -3 and 3, however much speaks for more."""
    even, uneven = np.log([0.5, 0.5]), np.log([0.8, 0.2])
    right, wrong = fitted_to([[1e-4, -1e-4]], even, [0], 1e7), fitted_to([[1e3, -1e3]], even, [1], 1e7)
    assert (right.sharpness, wrong.sharpness) == pytest.approx((np.exp(5), np.exp(-5)), rel=1e-6)
    rare, usual = (fitted_to([[0.0, 0.0]], uneven, [k], 1e5) for k in (1, 0))
    assert (rare.tilt, usual.tilt) == pytest.approx((-3, 3), rel=1e-6)


def test_without_evidence_nothing_is_changed():
    assert fitted_to(np.empty((0, 2)), np.log([0.5, 0.5]), np.empty(0, int), 1.0) == (1.0, 0.0)


def test_the_loss_that_is_left_is_that_of_the_best_numbers():
    evidence, log_prior, y = drawn(n=80)
    weight = np.random.default_rng(1).uniform(0.2, 2, 80)
    found = fit_calibration(evidence, log_prior, y, weight)
    said = log_softmax(found.sharpness * evidence + (1 + found.tilt) * log_prior, axis=1)[np.arange(80), y]
    left = -(weight * said).sum() + 0.5 * (np.log(found.sharpness) ** 2 + found.tilt**2)
    assert calibrated_loss(evidence, log_prior, y, weight) == pytest.approx(left)


@pytest.mark.filterwarnings("error")
def test_ratios_are_floored_and_zero_where_there_is_no_prior():
    prior = np.array([0.25, 0.0, 0.75])
    found = log_ratios(np.array([[0.5, 0.0, 0.5], [0.0, 0.0, 1.0]]), prior)
    expected = [[np.log(2), 0, np.log(2 / 3)], [np.log(1e-6 / 0.25), 0, np.log(4 / 3)]]
    np.testing.assert_allclose(found, expected)
    assert among(np.array([2, 0, 2]), prior > 0).tolist() == [1, 0, 1]
