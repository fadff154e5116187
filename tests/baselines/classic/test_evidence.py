"""Evidence of one group, specimen by specimen, and of learners that did not see a patient."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from baselines.classic import (
    Blocks,
    Calibration,
    FittedBlock,
    block_facts,
    calibrated,
    can_learn,
    fit_block,
    fit_calibration,
    measured,
    out_of_fold,
    patient_folds,
    posterior,
    prior_of,
)
from baselines.learners.naive_bayes import NaiveBayes
from baselines.learners.nearest_centroid import NearestCentroid

PRIOR = np.array([0.5, 0.0, 0.3, 0.2])


def drawn():
    """Return cells of 40 specimens of which some have none, and some of one patient."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 2, 3], [16, 14, 10])
    owner = np.repeat(np.arange(40), rng.integers(0, 4, 40))
    values = rng.normal(size=(len(owner), 2)) + y[owner, None] / 2
    cells = pd.DataFrame(values, index=owner, columns=["cells:a", "cells:b"])
    cells.iloc[3] = np.nan
    patient = np.array([f"P{i // 2 if i < 10 else i}" for i in range(40)])
    return Blocks({"cells": cells}, y, patient, 4, {})


def by_loop(block, table, n, sharpness=1.0, tilt=0.0):
    rows, known = np.zeros((n, 4)), block.prior > 0
    for i in range(n):
        own = table[table.index == i].dropna(how="all")
        if len(own):
            said = np.log(np.maximum(block.fitted.predict_proba(own)[:, known], 1e-6)) - np.log(block.prior[known])
            rows[i, known] = sharpness * said.mean(axis=0) + tilt * np.log(block.prior[known])
    return rows


@pytest.mark.filterwarnings("error")
def test_evidence_is_the_mean_over_cells_of_log_ratios():
    train = drawn()
    block = fit_block("cells", NaiveBayes(), train, train, 0)
    tuned = FittedBlock("cells", block.fitted, block.learner, block.prior, Calibration(0.4, -0.7))
    table = train.tables["cells"]
    np.testing.assert_allclose(block.evidence(table, 40), by_loop(block, table, 40))
    np.testing.assert_allclose(tuned.evidence(table, 40), by_loop(block, table, 40, 0.4, -0.7))
    assert not tuned.evidence(table * np.nan, 40).any() and tuned.evidence(table.iloc[:0], 3).shape == (3, 4)
    there = table.notna().any(axis=1).to_numpy()
    seen = train.patient[table.index][there]
    share = 1 / np.array([(seen == p).sum() for p in seen])
    counts = np.bincount(train.y[table.index][there], share, minlength=4)
    np.testing.assert_allclose(block.prior, counts / counts.sum())


def test_what_a_learner_chose_is_kept_with_it():
    train = drawn()
    assert fit_block("cells", NearestCentroid(), train, train, 0).learner.threshold != "chosen"
    own = NaiveBayes()
    assert fit_block("cells", own, train, train, 0).learner is own


def test_evidence_out_of_fold_is_of_learners_of_the_other_folds():
    train = drawn()
    block = fit_block("cells", NaiveBayes(pooling=3.0), train, train, 0)
    found, expected = out_of_fold(block, train, 5), np.zeros((40, 4))
    for learn, held in patient_folds(train.y, train.patient, 5, 5):
        part, rest = train.split(learn, held)
        fitted = fit_block("cells", NaiveBayes(pooling=3.0), part, part, 0)
        expected[held] = by_loop(fitted, rest.tables["cells"], len(held))
    np.testing.assert_allclose(found, expected)
    there = np.unique(measured(train.tables["cells"]).index)
    known, share = [0, 2, 3], 1 / np.array([(train.patient[there] == p).sum() for p in train.patient[there]])
    best = fit_calibration(
        found[there][:, known], np.log(block.prior[known]), np.searchsorted(known, train.y[there]), share
    )
    tuned = calibrated(block, train, 5)
    assert tuned.calibration == pytest.approx(best) and tuned.fitted is block.fitted


def test_a_group_learns_from_two_classes():
    train = drawn()
    assert can_learn("cells", train)
    assert can_learn("cells", train._replace(y=np.minimum(train.y, 2)))
    assert not can_learn("cells", train._replace(y=train.y * 0))
    nothing = train._replace(tables={"cells": train.tables["cells"] * np.nan})
    assert not can_learn("cells", nothing)


@pytest.mark.filterwarnings("error")
def test_the_posterior_is_bayes_rule_and_the_prior_counts_patients():
    evidence = np.random.default_rng(0).normal(size=(5, 4))
    joint = np.exp(evidence) * PRIOR
    np.testing.assert_allclose(posterior(evidence, PRIOR), joint / joint.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(prior_of(drawn()), np.array([11, 0, 14, 10]) / 35)


def test_parameters_of_blocks_are_not_added_up_where_one_does_not_say():
    def block(**facts):
        return FittedBlock("genes", SimpleNamespace(facts=facts), None, np.ones(2) / 2)

    assert block_facts({"a": block(n_parameters=0), "b": block(n_parameters=5)})["n_parameters"] == 5
    assert "n_parameters" not in block_facts({"a": block(n_parameters=4), "b": block()})
