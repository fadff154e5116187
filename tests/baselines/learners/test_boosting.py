"""LightGBM and XGBoost behind one door: the libraries' own estimators, and what stops them."""

import importlib
import sys

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier

from baselines.classic import Table
from baselines.learners.boosted_trees import BoostedTrees
from baselines.learners.boosting import judging_rows, learned_rows
from baselines.learners.light_gbm import LightGbm

BOTH = pytest.mark.parametrize("learner", [LightGbm, BoostedTrees])


def drawn(n=90, seed=0, signal=1.0, n_classes=3):
    rng = np.random.default_rng(seed)
    y = rng.choice(n_classes, n, p=np.array([0.5, 0.3, 0.2])[:n_classes] / sum([0.5, 0.3, 0.2][:n_classes]))
    X = rng.normal(size=(n, 6)) + signal * np.eye(6)[y]
    X[rng.random(X.shape) < 0.2] = np.nan
    return table(X, y, n_classes)


def table(X, y, n_classes=3, patient=None):
    frame = pd.DataFrame(X, columns=[f"genes:{j}" for j in range(X.shape[1])])
    patient = np.array([f"P{i}" for i in range(len(y))]) if patient is None else patient
    return Table(frame, np.asarray(y), patient, n_classes)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_it_is_the_library_s_estimator_with_as_many_trees_as_valid_chose(n_classes):
    train, valid, test = (drawn(seed=s, n_classes=n_classes) for s in range(3))
    fitted = LightGbm(patience=5).fit(train, valid, 3)
    plain = LGBMClassifier(
        n_estimators=fitted.rounds, min_child_samples=5, colsample_bytree=0.5, subsample_freq=1, reg_lambda=1.0,
        random_state=3, n_jobs=1, deterministic=True, force_col_wise=True, verbosity=-1,
    ).fit(train.X.to_numpy(), train.y)  # fmt: skip
    expected = plain.booster_.predict(test.X.to_numpy())
    expected = np.column_stack([1 - expected, expected]) if n_classes == 2 else expected
    assert 1 < fitted.rounds < 500 and fitted.settled == LightGbm(patience=5, n_estimators=fitted.rounds)
    np.testing.assert_allclose(fitted.predict_proba(test.X), expected, atol=1e-12)
    nodes = plain.booster_.trees_to_dataframe()
    assert fitted.facts == {"rounds": fitted.rounds, "n_parameters": len(nodes)}


@BOTH
def test_valid_judges_by_the_classes_that_train_has_and_nothing_else_stops(learner):
    train, valid = drawn(), drawn(seed=1, signal=0.0)
    some = table(train.X[train.y != 1].to_numpy(), train.y[train.y != 1])
    known, rows = learned_rows(some)
    assert known.tolist() == [0, 2] and set(rows.y.tolist()) == {0, 1}
    judges = judging_rows(valid, known)
    assert judges is not None and np.array_equal(known[judges.y], valid.y[valid.y != 1])
    assert judging_rows(table(valid.X.to_numpy(), np.ones(90, int)), known) is None
    stopped = learner(n_estimators=60, patience=3).fit(some, valid, 0)
    free = learner(n_estimators=20, patience=3).fit(some, valid.nobody(), 0)
    assert stopped.rounds < 60 and free.rounds == 20
    assert (stopped.predict_proba(valid.X)[:, 1] == 0).all()


@BOTH
def test_a_value_that_is_missing_may_tell_the_class(learner):
    y = np.arange(120) % 2
    X = np.random.default_rng(0).normal(size=(120, 3))
    X[:, 1] = np.where(y == 1, np.nan, X[:, 1])
    told = table(X, y, 2)
    proba = learner(n_estimators=40, colsample_bytree=1.0).fit(told, told.nobody(), 0).predict_proba(told.X)
    assert (proba[np.arange(120), y] > 0.9).all()


def test_columns_that_say_nothing_leave_the_class_shares_of_patients():
    y = np.array([0] * 40 + [1] * 20 + [2] * 20)
    patient = np.array([f"P{i}" for i in range(60)] + [f"Q{i // 2}" for i in range(20)])  # class 2: ten patients
    flat = table(np.ones((80, 3)), y, patient=patient)
    proba = LightGbm(n_estimators=5).fit(flat, flat.nobody(), 0).predict_proba(flat.X)
    np.testing.assert_allclose(proba, np.tile(flat.prior, (80, 1)), atol=1e-6)
    np.testing.assert_allclose(flat.prior, [4 / 7, 2 / 7, 1 / 7])


@BOTH
def test_same_seed_same_bytes_and_another_seed_draws_other_columns(learner):
    train, valid, test = (drawn(seed=s) for s in range(3))
    one, two, other = (learner().fit(train, valid, s).predict_proba(test.X) for s in (0, 0, 1))
    assert one.tobytes() == two.tobytes() and not np.array_equal(one, other)


def test_a_missing_openmp_is_named_with_the_remedy(monkeypatch):
    class NoOpenMp:
        def find_spec(self, name, path=None, target=None):
            if name == "lightgbm":
                raise OSError("libgomp.so.1: cannot open shared object file")
            return None

    monkeypatch.delitem(sys.modules, "lightgbm")
    monkeypatch.delitem(sys.modules, "baselines.learners.light_gbm")
    monkeypatch.setattr(sys, "meta_path", [NoOpenMp(), *sys.meta_path])
    with pytest.raises(ImportError, match=r"libgomp\.so\.1.*apt install libgomp1.*brew install libomp"):
        importlib.import_module("baselines.learners.light_gbm")
