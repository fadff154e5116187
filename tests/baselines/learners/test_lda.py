"""Shrinkage LDA: scikit-learn's where nothing is missing, the Gaussian of what was measured where something is."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from baselines.classic import Table
from baselines.learners.lda import ShrinkageLda


def drawn(n=60, p=8, seed=0, n_classes=3):
    rng = np.random.default_rng(seed)
    y = rng.choice(n_classes, n, p=[0.5, 0.3, 0.2])
    X = rng.normal(size=(n, p)) @ rng.normal(size=(p, p)) + 2 * np.eye(p)[y]
    return table(X, y, n_classes)


def table(X, y, n_classes=3):
    frame = pd.DataFrame(X, columns=[f"genes:{j}" for j in range(X.shape[1])])
    return Table(frame, np.asarray(y), np.array([f"P{i}" for i in range(len(y))]), n_classes)


@pytest.mark.parametrize("p", [8, 120])
@pytest.mark.parametrize("class_prior", ["train", "flat"])
def test_it_is_scikit_learns(p, class_prior):
    train, test = drawn(p=p), drawn(p=p, seed=1)
    priors = None if class_prior == "train" else np.full(3, 1 / 3)
    expected = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=priors).fit(train.X, train.y)
    fitted = ShrinkageLda(class_prior=class_prior).fit(train, train, 0)
    assert np.allclose(fitted.predict_proba(test.X), expected.predict_proba(test.X), atol=1e-8)


def test_what_is_missing_is_integrated_out():
    train, test = drawn(), drawn(seed=1)
    fitted = ShrinkageLda().fit(train, train, 0)
    X = test.X.mask(np.random.default_rng(2).random(test.X.shape) < 0.4)
    for i, row in enumerate(X.to_numpy()[:20]):
        there = ~np.isnan(row)
        covariance = fitted.covariance[np.ix_(there, there)]
        density = [multivariate_normal(m[there], covariance).pdf(row[there]) for m in fitted.means]
        joint = np.array(density) * np.exp(fitted.log_prior)
        assert np.allclose(fitted.predict_proba(X.iloc[[i]])[0], joint / joint.sum())


def test_gaps_in_training_leave_means_of_what_was_measured():
    train = drawn()
    holes = train._replace(X=train.X.mask(np.random.default_rng(3).random(train.X.shape) < 0.3))
    fitted = ShrinkageLda().fit(holes, holes, 0)
    expected = [np.nanmean(holes.X.to_numpy()[holes.y == k], axis=0) for k in range(3)]
    assert np.allclose(fitted.means, expected)


def test_a_class_without_specimens_and_an_empty_row():
    train = drawn()
    two = table(train.X.to_numpy()[train.y != 1], train.y[train.y != 1])
    proba = (
        ShrinkageLda().fit(two, two, 0).predict_proba(pd.DataFrame(np.full((1, 8), np.nan), columns=train.X.columns))
    )
    share = np.bincount(two.y, minlength=3) / len(two.y)
    assert np.allclose(proba[0], share)


def test_one_specimen_a_class_gives_the_prior():
    """A modality that two patients have must not end the entry: scikit-learn raises here."""
    X = pd.DataFrame({"genes:a": [0.0, 5.0]})
    table = Table(X, np.array([0, 2]), np.array(["a", "b"]), 3)
    assert np.allclose(ShrinkageLda().fit(table, table, 0).predict_proba(X), [[0.5, 0, 0.5]] * 2)


def test_what_a_class_or_nobody_has_is_filled_by_all_or_by_zero():
    train = drawn(p=4)
    X = train.X.to_numpy(copy=True)
    X[train.y == 1, 0] = np.nan
    X[np.flatnonzero(train.y == 2)[1:], 1] = np.nan  # one of class 2 has it
    X[:, 2] = np.nan
    fitted = ShrinkageLda().fit(table(X, train.y), train, 0)
    assert fitted.means[1, 0] == pytest.approx(np.nanmean(X[:, 0])) and not fitted.means[:, 2].any()
    assert fitted.means[2, 1] == pytest.approx(X[train.y == 2, 1][0])
    assert fitted.facts == {"n_parameters": 3 * 4 + 3}


def test_a_flat_prior_is_that_of_the_classes_that_train_has():
    train = drawn()
    two = table(train.X.to_numpy()[train.y != 1], train.y[train.y != 1])
    empty = train.X.iloc[:1] * np.nan
    np.testing.assert_allclose(ShrinkageLda(class_prior="flat").fit(two, two, 0).predict_proba(empty), [[0.5, 0, 0.5]])
    one = Table(train.X.iloc[:3], np.array([0, 2, 2]), np.array(list("abb")), 3)
    proba = ShrinkageLda().fit(one, one, 0).predict_proba(empty)  # class 2 has two specimens of one patient
    np.testing.assert_allclose(proba, [[0.5, 0, 0.5]])
