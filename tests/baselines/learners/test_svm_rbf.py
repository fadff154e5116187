"""The support vector machine against scikit-learn's, with held-out margins by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from baselines.classic import Table, patient_folds
from baselines.learners.svm_rbf import SvmRbf
from baselines.learners.tables import scaled_columns


def drawn(n=60, seed=0, classes=(0, 1, 3)):
    rng = np.random.default_rng(seed)
    y = np.array(classes)[
        rng.choice(len(classes), n, p=[0.5, 0.3, 0.2][: len(classes)] / np.sum([0.5, 0.3, 0.2][: len(classes)]))
    ]
    X = rng.normal(size=(n, 5)) + np.eye(5)[y]
    frame = pd.DataFrame(X, columns=["clinical:a", *(f"genes:{j}" for j in range(4))])
    return Table(frame, y, np.array([f"P{i // 2 if i < 20 else i}" for i in range(n)]), 4)


def weights(patient):
    weight = 1 / np.array([(patient == p).sum() for p in patient])
    return weight / weight.mean()


def margins(table, rows, asked, C, gamma, block_scaling):
    """Return margins of specimens ``asked`` by a machine that learned from ``rows``, and the machine."""
    part = table.X.iloc[rows]
    columns = scaled_columns(part, block_scaling)
    X = columns.fit_transform(part)
    svm = SVC(C=C, gamma=gamma / (X.var() * X.shape[1]), class_weight="balanced")
    svm.fit(X, table.y[rows], sample_weight=weights(table.patient[rows]))
    said = svm.decision_function(columns.transform(asked))
    return (np.column_stack([-said, said]) if said.ndim == 1 else said), svm


@pytest.mark.parametrize("classes", [(0, 3), (0, 1, 3)])
@pytest.mark.parametrize("settings", [(1.0, 1.0, True), (3.0, 0.3, False)])
def test_probabilities_are_a_softmax_on_margins_of_held_out_patients(classes, settings):
    train, test = drawn(classes=classes), drawn(seed=1, classes=classes)
    held_out = np.zeros((60, len(classes)))
    for learn, held in patient_folds(np.searchsorted(classes, train.y), train.patient, 5, 2):
        held_out[held] = margins(train, learn, train.X.iloc[held], *settings)[0]
    scale = LogisticRegression(C=1.0, max_iter=10_000, tol=1e-8)
    scale.fit(held_out, train.y, sample_weight=weights(train.patient))
    said, svm = margins(train, np.arange(60), test.X, *settings)
    C, gamma, block_scaling = settings
    fitted = SvmRbf(C=C, gamma=gamma, block_scaling=block_scaling).fit(train, test, 2)
    proba = fitted.predict_proba(test.X)
    np.testing.assert_allclose(proba[:, classes], scale.predict_proba(said), atol=1e-3)
    assert not np.delete(proba, classes, axis=1).any()
    support = {"support_vectors": len(svm.support_), "n_parameters": svm.dual_coef_.size + svm.intercept_.size}
    assert fitted.facts == support


@pytest.mark.filterwarnings("ignore:The least populated class")
def test_margins_of_train_are_used_where_nobody_can_be_held_out_and_a_fold_without_a_class_says_nothing():
    few = Table(drawn().X.iloc[:3], np.array([0, 1, 3]), np.array(list("abc")), 4)
    said, _ = margins(few, np.arange(3), few.X, 1.0, 1.0, True)
    scale = LogisticRegression(C=1.0, max_iter=10_000).fit(said, few.y)
    found = SvmRbf().fit(few, few, 0).predict_proba(few.X)[:, [0, 1, 3]]
    np.testing.assert_allclose(found, scale.predict_proba(said), atol=1e-3)
    train = drawn(n=30, classes=(0, 3))
    lone = train._replace(y=np.where(np.arange(30) == 29, 1, train.y))  # one specimen of class 1
    proba = SvmRbf().fit(lone, lone, 0).predict_proba(lone.X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert not proba[:, [1, 2]].any() and (proba[:, [0, 3]] > 0).all()
    flat = train._replace(X=train.X * 0)
    np.testing.assert_allclose(SvmRbf().fit(flat, flat, 0).predict_proba(flat.X).sum(axis=1), 1)
