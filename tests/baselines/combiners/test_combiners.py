"""Combiners: Bayes' rule by hand, means by hand, and what is missing leaves no trace."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from baselines.classic import (
    Blocks,
    Calibration,
    Learners,
    fit_calibration,
    held_out_ratios,
    out_of_fold,
    patient_folds,
)
from baselines.combiners.early import Early
from baselines.combiners.late_mean import LateMean
from baselines.combiners.product import Product
from baselines.combiners.stacking import Stacking
from baselines.learners.lda import ShrinkageLda
from baselines.learners.logistic import Logistic
from baselines.learners.naive_bayes import NaiveBayes
from baselines.learners.nearest_centroid import NearestCentroid

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


def renamed(blocks):
    """Return the blocks in a task of four classes, the second of which nobody has."""
    return blocks._replace(y=np.array([0, 2, 3])[blocks.y], n_classes=4)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("combiner", [Early(), Product(), LateMean(), Stacking()])
def test_a_class_that_train_lacks_is_a_column_of_zeros(combiner):
    train, test = drawn(), drawn(seed=1)
    learners = Learners(NaiveBayes(), {})
    told = combiner.fit(learners, train, train, 0).predict_proba(test.tables, len(test.y))
    fitted = combiner.fit(learners, renamed(train), renamed(train), 0)
    found = fitted.predict_proba(test.tables, len(test.y))
    assert not found[:, 1].any()
    near = 0.05 if isinstance(combiner, Stacking) else 1e-9  # the zeros have a part in its unit spread
    assert np.allclose(found[:, [0, 2, 3]], told, atol=near)


class Sure:
    """Say with no doubt what the sign of the first column is."""

    facts = {"n_parameters": 3}  # noqa: RUF012

    def fit(self, train, valid, seed):
        return self

    def predict_proba(self, X):
        return np.where(X.iloc[:, [0]] > 0, [[0.0, 1.0]], [[1.0, 0.0]])


@pytest.mark.parametrize("combiner", [Product(calibrate=False), LateMean(calibrate=False)])
def test_nobody_is_surer_of_a_new_patient_than_one_in_a_million(combiner):
    X = pd.DataFrame({"genes:a": np.tile([-1.0, 1.0], 10)})
    train = Blocks({"genes": X}, np.arange(20) % 2, np.arange(20).astype(str), 2, {})
    least = combiner.fit(Learners(Sure(), {}), train, train, 0).predict_proba({"genes": X}, 20)[0, 1]
    assert least == pytest.approx(1e-6, rel=1e-4)


@pytest.mark.parametrize("calibrate", [False, True])
def test_without_a_modality_of_two_classes_the_prior_is_said_or_it_is_refused(calibrate):
    X = pd.DataFrame({"genes:a": [0.0, 1.0, np.nan, np.nan]})
    train = Blocks({"genes": X}, np.array([0, 0, 1, 1]), np.array(list("abcd")), 2, {})
    for combiner in (Product(calibrate=calibrate), LateMean(calibrate=calibrate)):
        fitted = combiner.fit(LDA, train, train, 0)
        assert fitted.predict_proba({"genes": X}, 4).tolist() == [[0.5, 0.5]] * 4 and not fitted.blocks
    with pytest.raises(ValueError, match="stacking: no modality has specimens of two classes"):
        Stacking().fit(LDA, train, train, 0)


def test_stacking_is_scikit_learns_softmax_on_held_out_evidence_of_unit_spread():
    train, test = drawn(n=60), drawn(n=20, seed=1)
    train = train._replace(patient=np.array([f"P{i // 2 if i < 20 else i}" for i in range(60)]))
    columns = {"held": [], "new": []}
    for group, X in train.tables.items():
        there = X.notna().all(axis=1).to_numpy()
        held = np.zeros((60, 3))
        for learn, rest in patient_folds(train.y, train.patient, 5, 0):
            some = train.split(learn, rest)[0].one(group)
            asked = rest[there[rest]]
            said = NaiveBayes().fit(some, some, 0).predict_proba(X.iloc[asked])
            held[asked] = np.log(np.maximum(said, 1e-6)) - np.log(some.prior)
        whole, new = train.one(group), np.zeros((20, 3))
        has = test.tables[group].notna().all(axis=1).to_numpy()
        said = NaiveBayes().fit(whole, whole, 0).predict_proba(test.tables[group][has])
        new[has] = np.log(np.maximum(said, 1e-6)) - np.log(whole.prior)
        columns["held"].append(held / held.std())
        columns["new"].append(new / held.std())
    weight = 1 / np.array([(train.patient == p).sum() for p in train.patient])
    softmax = LogisticRegression(C=0.7, max_iter=5000, tol=1e-6)
    softmax.fit(np.hstack(columns["held"]), train.y, sample_weight=weight / weight.mean())
    fitted = Stacking(C=0.7).fit(Learners(NaiveBayes(), {}), train, train, 0)
    expected = softmax.predict_proba(np.hstack(columns["new"]))
    assert np.allclose(fitted.predict_proba(test.tables, 20), expected, atol=1e-3)


def test_what_a_learner_chose_is_settled_and_told():
    train = drawn(missing=0)
    chosen = NearestCentroid()
    early = Early().fit(Learners(chosen, {}), train, train, 0)
    assert early.settled == Learners(early.fitted.settled, {}) and early.settled.usual.threshold != "chosen"
    assert early.facts["sharpness"] == early.calibration.sharpness and early.facts["threshold"] >= 0
    product = Product().fit(Learners(Sure(), {"genes": chosen}), two_classes(train), two_classes(train), 0)
    blocks = product.blocks
    assert product.settled.usual == blocks["cells"].learner and product.settled.of("genes").threshold != "chosen"
    told = product.facts
    assert told["n_parameters"] == 3 + 3 + blocks["genes"].fitted.facts["n_parameters"]
    assert told["blocks"]["genes"]["tilt"] == blocks["genes"].calibration.tilt
    assert told["blocks"]["genes"]["threshold"] == blocks["genes"].learner.threshold


def two_classes(blocks):
    return blocks._replace(y=np.minimum(blocks.y, 1), n_classes=2)


def test_early_learns_its_calibration_from_patients_that_the_learner_had_not_seen():
    train = drawn(missing=0)
    fitted = Early().fit(LDA, train, train, 3)
    rows, ratios = held_out_ratios(ShrinkageLda(), train.joined(), 3)
    expected = fit_calibration(ratios, np.log(prior(train)), train.y[rows], np.ones(len(rows)))
    assert fitted.calibration == expected
    plain = Early(calibrate=False).fit(LDA, train, train, 3).predict_proba(train.tables, 120)
    joint = expected.sharpness * np.log(plain / prior(train)) + (1 + expected.tilt) * np.log(prior(train))
    assert np.allclose(fitted.predict_proba(train.tables, 120), normalised(np.exp(joint)))


def test_the_calibration_of_a_mean_serves_held_out_patients_best():
    train = drawn(n=60)
    fitted = LateMean().fit(Learners(NaiveBayes(), {}), train, train, 0)
    means, voices = np.zeros((60, 3)), np.zeros((60, 1))
    for group, block in fitted.blocks.items():
        there = train.tables[group].notna().all(axis=1).to_numpy()[:, None]
        joint = np.exp(out_of_fold(block, train, 0)) * prior(train)
        means, voices = means + normalised(joint) * there, voices + there
    ratios = np.log(means / voices / prior(train))
    expected = fit_calibration(ratios, np.log(prior(train)), train.y, np.ones(60))
    assert fitted.calibration == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert fitted.facts["sharpness"] == fitted.calibration.sharpness
    assert set(fitted.facts["blocks"]) == {"clinical", "genes", "cells"}
