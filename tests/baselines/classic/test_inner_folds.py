"""Folds inside train: how many there are, who is held out, and what is chosen on them."""

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy.special import log_softmax

from baselines.classic import Table, held_out_ratios, least_loss, patient_folds


def people(*counts):
    """Return classes and patients of so many patients a class, one specimen each."""
    y = np.repeat(np.arange(len(counts)), counts)
    return y, np.array([f"P{i}" for i in range(len(y))])


@pytest.mark.parametrize(
    ("counts", "asked", "folds"),
    [
        ((9, 9), 5, 5),
        ((9, 4), 5, 4),
        ((9, 2), 5, 2),
        ((9, 1), 5, 2),
        ((2, 1), 5, 2),
        ((9, 9), 3, 3),
        ((1, 1), 5, 0),
        ((1,), 5, 0),
        ((2,), 5, 2),
        ((0,), 5, 0),
    ],
)
@pytest.mark.filterwarnings("ignore:The least populated class")
def test_there_are_as_many_folds_as_the_smallest_class_has_patients_but_two_at_the_least(counts, asked, folds):
    y, patient = people(*counts)
    found = patient_folds(y, patient, asked, 0)
    assert len(found) == folds
    assert not found or sorted(np.concatenate([held for _, held in found])) == list(range(len(y)))


def test_patients_are_counted_not_specimens_and_the_seed_deals():
    y, patient = people(3, 3)
    twice = patient_folds(np.tile(y, 4), np.tile(patient, 4), 5, 0)
    assert len(twice) == 3
    assert len(patient_folds(np.array([0, 0, 1]), np.array(list("aaa")), 5, 0)) == 0
    y, patient = people(20, 20)
    one, two, other = (np.concatenate([held for _, held in patient_folds(y, patient, 5, seed)]) for seed in (0, 0, 1))
    assert one.tolist() == two.tolist() != other.tolist()


class Shares:
    """Say the class shares of whom it learned from, ``sharpened`` towards the sign of the only column."""

    facts: ClassVar[dict] = {}

    def __init__(self, sharpened=0.0):
        self.sharpened = sharpened

    def fit(self, train, valid, seed):
        assert not len(valid.X)
        self.shares = np.bincount(train.y, minlength=train.n_classes) / len(train.y)
        return self

    def predict_proba(self, X):
        with np.errstate(divide="ignore"):
            logits = np.log(self.shares) + self.sharpened * np.outer(X.iloc[:, 0], [-1, 1, 0][: len(self.shares)])
        return np.exp(log_softmax(logits, axis=1))


def drawn():
    y, patient = people(12, 8, 0)
    X = pd.DataFrame({"genes:a": np.where(y == 1, 1.0, -1.0) + np.random.default_rng(0).normal(size=20)})
    return Table(X, y, patient, 3)


def test_held_out_evidence_is_that_of_a_loop():
    train = drawn()
    rows, ratios = held_out_ratios(Shares(0.7), train, 4)
    assert sorted(rows) == list(range(20))
    for learn, held in patient_folds(train.y, train.patient, 5, 4):
        prior = np.bincount(train.y[learn], minlength=3) / len(learn)
        said = Shares(0.7).fit(train.split(learn, held)[0], train.nobody(), 0).predict_proba(train.X.iloc[held])
        expected = np.log(said[:, :2] / prior[:2])
        np.testing.assert_allclose(ratios[np.isin(rows, held)][:, :2], expected)
    assert not ratios[:, 2].any()


@pytest.mark.filterwarnings("ignore:The least populated class")
def test_a_fold_that_leaves_one_class_says_nothing():
    y, patient = people(1, 6)
    rows, ratios = held_out_ratios(Shares(), Table(pd.DataFrame({"genes:a": np.zeros(7)}), y, patient, 2), 0)
    assert 0 not in rows and len(rows) == len(ratios) > 0


@pytest.mark.filterwarnings("error")
def test_the_least_loss_is_chosen_and_the_first_of_equals():
    noise, good, twin, opposed = Shares(0.0), Shares(1.5), Shares(1.5), Shares(-1.5)
    for order in ((noise, good, twin), (good, noise, twin, opposed), (opposed, noise, good)):
        assert least_loss(order, drawn(), 0) is good
