"""Learners that hand their settings on are the library's own estimators with these settings; grids are those named."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from lightgbm import early_stopping as stopped_after
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from xgboost import XGBClassifier

from baselines.classic import Table
from baselines.learners import elastic_net, logistic, nearest_centroid
from baselines.learners.boosted_trees import BoostedTrees
from baselines.learners.elastic_net import ElasticNet
from baselines.learners.extra_trees import ExtraTrees
from baselines.learners.forest import Forest
from baselines.learners.light_gbm import LightGbm
from baselines.learners.logistic import Logistic
from baselines.learners.nearest_centroid import NearestCentroid
from baselines.learners.tables import scaled_columns


def drawn(n=80, seed=0, classes=(0, 2)):
    """Return specimens of some of three classes, of which patients have one or two."""
    rng = np.random.default_rng(seed)
    y = np.array(classes)[np.arange(n) % len(classes)]
    X = rng.normal(size=(n, 6)) + 0.7 * np.eye(6)[y]
    X[rng.random(X.shape) < 0.1] = np.nan
    names = ["clinical:a", "clinical:b", *(f"genes:{j}" for j in range(4))]
    patient = np.array([f"P{i // 2 if i < 30 else i}" for i in range(n)])
    return Table(pd.DataFrame(X, columns=names), y, patient, 3)


def weights(table):
    weight = 1 / np.array([(table.patient == p).sum() for p in table.patient])
    return weight / weight.mean()


def same(found, expected, classes=(0, 2), atol=1e-6):
    assert not np.delete(found, classes, axis=1).any()
    np.testing.assert_allclose(found[:, classes], expected, atol=atol)


@pytest.mark.parametrize(
    ("learner", "library"),
    [
        (Forest, RandomForestClassifier),
        (ExtraTrees, ExtraTreesClassifier),
    ],
)
def test_forests(learner, library):
    train, test = drawn(), drawn(seed=1)
    own = library(n_estimators=9, max_features=0.4, min_samples_leaf=3, random_state=5)
    own.fit(train.X, train.y, sample_weight=weights(train))
    fitted = learner(n_estimators=9, max_features=0.4, min_samples_leaf=3).fit(train, test, 5)
    same(fitted.predict_proba(test.X), own.predict_proba(test.X))
    assert fitted.facts == {"n_parameters": sum(tree.tree_.node_count for tree in own.estimators_)}


SHARED = {"learning_rate": 0.3, "subsample": 0.7, "colsample_bytree": 0.6, "reg_lambda": 3.0, "n_estimators": 30}


@pytest.mark.parametrize("classes", [(0, 2), (0, 1, 2)])
def test_xgboost(classes):
    train, valid, test = (drawn(seed=s, classes=classes) for s in range(3))
    codes = np.searchsorted(classes, train.y), np.searchsorted(classes, valid.y)
    more = {"max_depth": 3, "min_child_weight": 2.0}
    own = XGBClassifier(
        **SHARED, **more, early_stopping_rounds=4, random_state=7, eval_metric="logloss" if len(classes) < 3 else None
    )
    own.fit(
        train.X.to_numpy(), codes[0], sample_weight=weights(train), eval_set=[(valid.X.to_numpy(), codes[1])],
        sample_weight_eval_set=[weights(valid)], verbose=False,
    )  # fmt: skip
    learner = BoostedTrees(**SHARED, **more, patience=4)
    fitted = learner.fit(train, valid, 7)
    same(fitted.predict_proba(test.X), own.predict_proba(test.X.to_numpy()), classes)
    assert 1 < fitted.rounds == own.best_iteration + 1 < 30
    assert fitted.settled == dataclasses.replace(learner, n_estimators=fitted.rounds)
    trees = own.get_booster()[: fitted.rounds].trees_to_dataframe()
    assert fitted.facts == {"rounds": fitted.rounds, "n_parameters": len(trees)}


@pytest.mark.parametrize("classes", [(0, 2), (0, 1, 2)])
def test_lightgbm(classes):
    train, valid, test = (drawn(seed=s, classes=classes) for s in range(3))
    more = {"num_leaves": 4, "min_child_samples": 3}
    own = LGBMClassifier(
        **SHARED, **more, subsample_freq=1, random_state=7, n_jobs=1, deterministic=True, force_col_wise=True,
        verbosity=-1,
    )  # fmt: skip
    own.fit(
        train.X.to_numpy(), train.y, sample_weight=weights(train), eval_set=[(valid.X.to_numpy(), valid.y)],
        eval_sample_weight=[weights(valid)], callbacks=[stopped_after(4, verbose=False)],
    )  # fmt: skip
    learner = LightGbm(**SHARED, **more, patience=4)
    fitted = learner.fit(train, valid, 7)
    same(fitted.predict_proba(test.X), own.predict_proba(test.X.to_numpy()), classes)
    assert 1 < fitted.rounds == own.best_iteration_ < 30
    assert fitted.settled == dataclasses.replace(learner, n_estimators=fitted.rounds)


@pytest.mark.parametrize("block_scaling", [False, True])
def test_the_elastic_net(block_scaling):
    train, test = drawn(classes=(0, 1, 2)), drawn(seed=1)
    learner = ElasticNet(C=0.15, l1_ratio=0.8, block_scaling=block_scaling)
    fitted = learner.fit(train, test, 0)
    softmax = LogisticRegression(C=0.15, l1_ratio=0.8, solver="saga", max_iter=20_000, tol=1e-6, random_state=0)
    own = make_pipeline(scaled_columns(train.X, block_scaling), softmax)
    own.fit(train.X, train.y, logisticregression__sample_weight=weights(train))
    same(fitted.predict_proba(test.X), own.predict_proba(test.X), (0, 1, 2), atol=2e-3)
    left = int(np.count_nonzero(softmax.coef_))
    assert 0 < left < softmax.coef_.size and fitted.facts["coefficients_left"] == left
    assert fitted.facts["C"] == 0.15 and fitted.settled is learner
    again = learner.fit(train, test, 0).predict_proba(test.X)
    assert np.array_equal(again, fitted.predict_proba(test.X))


@pytest.mark.parametrize(
    ("module", "learner", "setting", "grid"),
    [
        (logistic, Logistic(block_scaling=False), "C", [0.001, 0.01, 0.1, 1, 10, 100]),
        (elastic_net, ElasticNet(l1_ratio=0.9), "C", [0.01, 0.03, 0.1, 0.3, 1]),
        (nearest_centroid, NearestCentroid(), "threshold", [0, 0.5, 1, 1.5, 2, 2.5, 3, 4]),
    ],
)
def test_what_is_chosen_is_one_of_the_grid_that_is_named(module, learner, setting, grid, monkeypatch):
    asked = []

    def third(candidates, train, seed):
        asked.append((list(candidates), train, seed))
        return candidates[2]

    monkeypatch.setattr(module, "least_loss", third)
    train = drawn(classes=(0, 1, 2))
    fitted = learner.fit(train, train.nobody(), 11)
    (candidates, seen, seed), *more = asked
    assert not more and seen is train and seed == 11
    assert candidates == [dataclasses.replace(learner, **{setting: value}) for value in grid]
    assert fitted.settled == candidates[2] and fitted.facts[setting] == grid[2]


def test_a_softmax_tells_its_penalty_and_parameters():
    train = drawn(classes=(0, 1, 2))
    fitted = Logistic(C=0.5).fit(train, train, 0)
    width = scaled_columns(train.X, True).fit_transform(train.X).shape[1]
    assert fitted.facts == {"n_parameters": 3 * (width + 1), "C": 0.5} and fitted.settled == Logistic(C=0.5)
