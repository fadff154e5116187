"""The oracle's accuracy is scikit-learn's on the posterior's argmax, and a sentence says it."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from benchmark.planning.oracle import oracle_accuracy, oracle_notes
from datasets.cohort import Truth
from datasets.schemes.splitters import kfold
from tests.toy import toy_cohort

COHORT = toy_cohort(n=90, domains=("A", "B", "C"))
POSTERIOR = np.random.default_rng(1).dirichlet(np.ones(3), len(COHORT))
KNOWN = dataclasses.replace(COHORT, truth=Truth(posterior={"all": POSTERIOR}))


def test_it_is_balanced_accuracy_of_the_argmax():
    chosen = np.arange(90) % 4 != 0
    expected = balanced_accuracy_score(COHORT.y[chosen], POSTERIOR[chosen].argmax(axis=1))
    assert oracle_accuracy(KNOWN, "all", chosen) == pytest.approx(expected)


def test_ties_are_shared():
    y = np.arange(90) % 3
    two = np.tile([0.4, 0.4, 0.2], (90, 1))
    two *= 1 + 1e-14 * np.random.default_rng(0).normal(size=two.shape)  # last bits
    half = dataclasses.replace(COHORT, y=y, truth=Truth(posterior={"all": two}))
    assert oracle_accuracy(half, "all", np.ones(90, bool)) == pytest.approx(1 / 3)
    assert oracle_accuracy(half, "all", y == 0) == 0.5
    assert oracle_accuracy(half, "all", y == 2) == 0.0


def test_a_patient_without_the_modality_is_called_the_most_frequent_class():
    absent = ~COHORT.has("genes")
    posterior = np.where(absent[:, None], [0.34, 0.33, 0.33], np.eye(3)[COHORT.y])
    known = dataclasses.replace(COHORT, truth=Truth(posterior={"genes": posterior}))
    assert absent.any()
    expected = balanced_accuracy_score(COHORT.y, np.where(absent, 0, COHORT.y))
    assert oracle_accuracy(known, "genes", np.ones(90, bool)) == pytest.approx(expected)


def test_the_sentence_names_every_test_set():
    split = kfold(KNOWN, folds=3, train_domains=["A", "B"])
    (note,) = oracle_notes(KNOWN, split)
    inside = COHORT.domain != "C"
    assert f"{oracle_accuracy(KNOWN, 'all', inside):.3f} in-domain" in note
    assert f"{oracle_accuracy(KNOWN, 'all', ~inside):.3f} C" in note


def test_without_a_posterior_nothing_is_said():
    assert oracle_notes(COHORT, kfold(COHORT, folds=3)) == ()
    with pytest.raises(ValueError, match="no Bayes posterior"):
        oracle_accuracy(COHORT, "all", np.ones(90, bool))


def test_only_what_is_of_a_class_in_truth_and_by_label_counts_and_by_its_true_class():
    true = np.where(np.arange(90) % 10 == 3, (COHORT.y + 1) % 3, COHORT.y)
    true[::9] = -1  # patients of none of the classes that a wrong label made known
    odd = np.arange(90) % 7 == 2
    unseen = np.where(odd, "other", "")
    made = dataclasses.replace(
        COHORT, y=np.where(odd, -1, COHORT.y), unseen=unseen, truth=Truth(posterior={"all": POSTERIOR}, y=true)
    )
    counted = ~odd & (true >= 0)
    expected = balanced_accuracy_score(true[counted], POSTERIOR[counted].argmax(axis=1))
    assert oracle_accuracy(made, "all", np.ones(90, bool)) == pytest.approx(expected)


def test_a_posterior_of_other_modalities_alone_says_nothing():
    some = dataclasses.replace(COHORT, truth=Truth(posterior={"genes": POSTERIOR}))
    assert oracle_notes(some, kfold(COHORT, folds=3)) == ()
    with pytest.raises(ValueError, match="toy has no Bayes posterior for 'all'"):
        oracle_accuracy(some, "all", np.ones(90, bool))
