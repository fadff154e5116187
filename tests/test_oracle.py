"""The oracle's accuracy is scikit-learn's on the posterior's argmax, and a sentence says it."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from toy import toy_cohort

from benchmark.oracle import oracle_accuracy, oracle_notes
from datasets.cohort import Truth
from datasets.splits import kfold

COHORT = toy_cohort(n=90, domains=("A", "B", "C"))
POSTERIOR = np.random.default_rng(1).dirichlet(np.ones(3), len(COHORT))
KNOWN = dataclasses.replace(COHORT, truth=Truth(posterior={"all": POSTERIOR}))


def test_it_is_balanced_accuracy_of_the_argmax():
    chosen = np.arange(90) % 4 != 0
    expected = balanced_accuracy_score(COHORT.y[chosen], POSTERIOR[chosen].argmax(axis=1))
    assert oracle_accuracy(KNOWN, "all", chosen) == pytest.approx(expected)


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
