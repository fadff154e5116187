"""Combiners: Bayes' rule by hand, means by hand, and what is missing leaves no trace."""

import numpy as np
import pandas as pd
import pytest

from baselines.classic import Blocks, Calibration, Learners
from baselines.combiners.early import Early
from baselines.combiners.late_mean import LateMean
from baselines.combiners.product import Product
from baselines.combiners.stacking import Stacking
from baselines.learners.lda import ShrinkageLda
from baselines.learners.logistic import Logistic
from baselines.learners.naive_bayes import NaiveBayes

LDA = Learners(ShrinkageLda(), {})


def drawn(n=120, seed=0, missing=0.3, unsure=1.0):
    """Return blocks of two independent modalities, one of which some specimens lack, and one of pure noise."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    tables = {}
    for group, signal in (("clinical", 1.0), ("genes", 1.0), ("cells", 0.0)):
        X = rng.normal(size=(n, 4)) + signal * (np.arange(4) == y[:, None])
        if group == "genes":
            X[rng.random(n) < missing] = np.nan
        tables[group] = pd.DataFrame(X, columns=[f"{group}:{j}" for j in range(4)])
    return Blocks(tables, y, np.array([f"P{i}" for i in range(n)]), 3, {})


def prior(blocks):
    return np.bincount(blocks.y, minlength=3) / len(blocks.y)


def normalised(values):
    return values / values.sum(axis=1, keepdims=True)


def test_the_product_is_bayes_rule_under_independence():
    train, test = drawn(), drawn(seed=1)
    fitted = Product(calibrate=False).fit(LDA, train, train, 0)
    joint = np.tile(prior(train), (len(test.y), 1))
    for group, block in fitted.blocks.items():
        there = test.tables[group].notna().all(axis=1).to_numpy()
        own = prior(train.split(np.flatnonzero(train.tables[group].notna().all(axis=1)), np.array([0]))[0])
        joint[there] *= block.fitted.predict_proba(test.tables[group][there]) / own
    assert np.allclose(fitted.predict_proba(test.tables, len(test.y)), normalised(joint))


def test_calibration_silences_a_modality_of_noise():
    train = drawn()
    blocks = Product().fit(Learners(ShrinkageLda(), {"cells": NaiveBayes()}), train, train, 0).blocks
    assert blocks["cells"].calibration.sharpness < 0.4 < blocks["genes"].calibration.sharpness


def test_the_late_mean_is_a_mean_over_what_is_there():
    train, test = drawn(), drawn(seed=1)
    fitted = LateMean(calibrate=False).fit(LDA, train, train, 0)
    genes = test.tables["genes"].notna().all(axis=1).to_numpy()
    i, j = np.flatnonzero(genes)[0], np.flatnonzero(~genes)[0]
    found = fitted.predict_proba(test.tables, len(test.y))
    own = {g: b.fitted.predict_proba(test.tables[g].iloc[[j]])[0] for g, b in fitted.blocks.items() if g != "genes"}
    assert np.allclose(found[j], np.mean(list(own.values()), axis=0))
    assert not np.allclose(found[i], found[j])


@pytest.mark.parametrize("combiner", [Product(), LateMean(), Stacking()])
def test_a_missing_modality_leaves_the_sum(combiner):
    train, test = drawn(), drawn(seed=1, missing=0)
    fitted = combiner.fit(LDA, train, train, 0)
    without = {g: table * np.nan if g == "genes" else table for g, table in test.tables.items()}
    gone = fitted.predict_proba(without, len(test.y))
    wild = {g: table + 1e3 if g == "genes" else table for g, table in test.tables.items()}
    assert np.allclose(gone.sum(axis=1), 1) and not np.allclose(gone, fitted.predict_proba(wild, len(test.y)))
    nothing = fitted.predict_proba({g: t * np.nan for g, t in test.tables.items()}, len(test.y))
    assert np.ptp(nothing, axis=0).max() < 1e-12
    if not isinstance(combiner, Stacking):
        assert np.allclose(nothing, prior(train))


def test_a_modality_without_two_classes_or_a_class_it_never_saw_says_nothing_about_it():
    train, test = drawn(), drawn(seed=1, missing=0)
    rare = train.tables["genes"].mask(np.repeat((train.y == 2)[:, None], 4, axis=1))
    blocks = train._replace(tables={**train.tables, "genes": rare})
    fitted = Product(calibrate=False).fit(LDA, blocks, blocks, 0)
    assert (fitted.blocks["genes"].evidence(test.tables["genes"], len(test.y))[:, 2] == 0).all()
    none = train._replace(tables={**train.tables, "genes": train.tables["genes"] * np.nan})
    assert list(Product().fit(LDA, none, none, 0).blocks) == ["clinical", "cells"]


def test_rows_of_cells_are_averaged_as_log_ratios():
    rng = np.random.default_rng(0)
    y = np.arange(30) % 2
    owner = np.repeat(np.arange(30), 4)
    cells = pd.DataFrame({"cells:a": rng.normal(size=120) + y[owner]}, index=owner)
    train = Blocks({"cells": cells}, y, np.array([f"P{i}" for i in range(30)]), 2, {})
    fitted = Product(calibrate=False).fit(Learners(Logistic(C=1.0), {}), train, train, 0)
    single = fitted.blocks["cells"].fitted.predict_proba(cells)
    mean = pd.DataFrame(np.log(single / 0.5), index=owner).groupby(level=0).mean().to_numpy()
    expected = normalised(np.exp(mean) * 0.5)
    assert np.allclose(fitted.predict_proba({"cells": cells}, 30), expected)
    with pytest.raises(ValueError, match="a row a cell cannot stand beside"):
        Early().fit(Learners(Logistic(), {}), train, train, 0)


def test_stacking_learns_from_patients_that_the_blocks_had_not_seen():
    """Features of pure noise, many of them: in-sample evidence would be perfect, out-of-fold evidence is worthless."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 200)), columns=[f"genes:{j}" for j in range(200)])
    train = Blocks({"genes": X}, np.arange(60) % 2, np.array([f"P{i}" for i in range(60)]), 2, {})
    new = pd.DataFrame(rng.normal(size=(400, 200)), columns=X.columns)
    fitted = Stacking().fit(Learners(Logistic(C=100.0), {}), train, train, 0)
    confidence = fitted.predict_proba({"genes": new}, 400).max(axis=1).mean()
    assert confidence < 0.65 < fitted.blocks["genes"].fitted.predict_proba(new).max(axis=1).mean()


def test_early_is_one_learner_and_says_so():
    train = drawn(missing=0)
    fitted = Early(calibrate=False).fit(LDA, train, train, 0)
    joined = pd.concat(list(train.tables.values()), axis=1)
    expected = ShrinkageLda().fit(train.joined(), train.joined(), 0).predict_proba(joined)
    assert np.array_equal(fitted.predict_proba(train.tables, len(train.y)), expected)
    assert Early().fit(LDA, train, train, 0).calibration != Calibration()
    with pytest.raises(ValueError, match="genes has one of its own"):
        Early().fit(Learners(ShrinkageLda(), {"genes": NaiveBayes()}), train, train, 0)


@pytest.mark.parametrize("combiner", [Product(), LateMean(), Stacking()])
def test_a_modality_that_could_not_learn_yet_keeps_its_own_learner(combiner):
    train = drawn()
    one = train._replace(
        tables={**train.tables, "cells": train.tables["cells"].where(np.repeat((train.y == 0)[:, None], 4, axis=1))}
    )
    own = NaiveBayes()
    settled = combiner.fit(Learners(ShrinkageLda(), {"cells": own}), one, one, 0).settled
    assert settled.of("cells") is own and settled.of("genes") == ShrinkageLda()
