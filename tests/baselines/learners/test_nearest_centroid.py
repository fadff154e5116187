"""Nearest shrunken centroid: scikit-learn's centroids, distances over what was measured."""

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import NearestCentroid as Reference

from baselines.classic import Table
from baselines.learners.nearest_centroid import NearestCentroid, shrunken_centroids


def drawn(n=45, p=30, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    X = rng.normal(size=(n, p)) + 1.5 * (np.arange(p) == y[:, None])
    frame = pd.DataFrame(X, columns=[f"genes:{j}" for j in range(p)])
    return Table(frame, y, np.array([f"P{i}" for i in range(n)]), 3)


@pytest.mark.parametrize("threshold", [0.5, 1.5, 3.0])
def test_centroids_are_scikit_learns(threshold):
    train = drawn()
    expected = Reference(shrink_threshold=threshold).fit(train.X, train.y)
    centroids, _ = shrunken_centroids(train.X.to_numpy(), train.y, threshold)
    assert np.allclose(centroids, expected.centroids_)


def test_probabilities_are_those_of_the_paper():
    train, test = drawn(), drawn(seed=1)
    fitted = NearestCentroid(threshold=1.0).fit(train, train, 0)
    centroids, sd = shrunken_centroids(train.X.to_numpy(), train.y, 1.0)
    scores = -0.5 * (((test.X.to_numpy()[:, None] - centroids) / sd) ** 2).sum(axis=2) + np.log(1 / 3)
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert np.allclose(fitted.predict_proba(test.X), expected)


def test_a_missing_gene_is_as_if_it_had_never_been_measured():
    train, test = drawn(), drawn(seed=1)
    fitted = NearestCentroid(threshold=0.5).fit(train, train, 0)
    holes = test.X.copy()
    holes["genes:2"] = np.nan
    centroids, sd = np.delete(fitted.centroids, 2, axis=1), np.delete(fitted.sd, 2)
    away = (((np.delete(test.X.to_numpy(), 2, axis=1)[:, None] - centroids) / sd) ** 2).sum(axis=2)
    assert np.array_equal(fitted.predict_proba(holes).argmax(axis=1), away.argmin(axis=1))


def test_the_threshold_drops_genes_without_signal_and_is_kept_for_learning_anew():
    train = drawn(n=90)
    fitted = NearestCentroid().fit(train, train, 0)
    assert fitted.settled.threshold > 0 and 3 <= fitted.facts["features_left"] < 25
    again = fitted.settled.fit(train, train, 1)
    assert np.array_equal(again.predict_proba(train.X), fitted.predict_proba(train.X))


def by_loops(X, y, threshold):
    """Return centroids and sd of each gene from what was measured of it, by the paper's formulas."""
    n_classes, sd = y.max() + 1, []
    for column in X.T:
        there = ~np.isnan(column)
        squares = sum(
            ((column[there & (y == k)] - column[there & (y == k)].mean()) ** 2).sum()
            for k in range(n_classes)
            if (there & (y == k)).any()
        )
        sd.append(np.sqrt(squares / max(there.sum() - n_classes, 1)))
    sd = np.array(sd) + np.median(sd)
    sd[sd == 0] = 1
    centroids = np.zeros((n_classes, X.shape[1]))
    for j, column in enumerate(X.T):
        there = ~np.isnan(column)
        overall = column[there].mean() if there.any() else 0.0
        for k in range(n_classes):
            own = column[there & (y == k)]
            if not len(own):
                centroids[k, j] = overall
                continue
            error = np.sqrt(1 / len(own) - 1 / there.sum()) * sd[j]
            apart = (own.mean() - overall) / error if error > 0 else 0.0
            centroids[k, j] = overall + np.sign(apart) * max(abs(apart) - threshold, 0) * error
    return centroids, sd


@pytest.mark.parametrize("threshold", [0.0, 0.8])
def test_centroids_of_gaps_are_those_of_what_was_measured(threshold):
    train = drawn(n=20, p=8)
    X = train.X.mask(np.random.default_rng(1).random(train.X.shape) < 0.3).to_numpy(copy=True)
    X[train.y == 2, 3] = np.nan  # a class without the gene
    X[:, 4] = np.nan  # a gene that nobody has
    X[1:, 5] = np.nan  # one that one patient has
    centroids, sd = shrunken_centroids(X, train.y, threshold)
    expected, spread = by_loops(X, train.y, threshold)
    np.testing.assert_allclose(centroids, expected, atol=1e-6)
    np.testing.assert_allclose(sd, spread)
    constant, one = shrunken_centroids(np.ones((6, 2)), np.arange(6) % 2, 0.5)
    assert (constant == 1).all() and one.tolist() == [1, 1]


def test_the_report_counts_what_differs_from_the_mean():
    train = drawn()._replace(n_classes=4)
    fitted = NearestCentroid(threshold=2.0).fit(train, train, 0)
    left = int((np.ptp(by_loops(train.X.to_numpy(), train.y, 2.0)[0], axis=0) > 1e-12).sum())
    assert 0 < left < 30
    assert fitted.facts == {"threshold": 2.0, "features_left": left, "n_parameters": left * 4 + 3}
    assert not fitted.predict_proba(train.X)[:, 3].any()


def test_a_patient_seen_twice_is_one_patient_in_the_prior():
    train = drawn(n=9)
    twice = train._replace(patient=np.where(train.y == 0, "same", train.patient))
    proba = NearestCentroid(threshold=1.0).fit(twice, twice, 0).predict_proba(train.X.iloc[:1] * np.nan)
    np.testing.assert_allclose(proba[0], [1 / 7, 3 / 7, 3 / 7])
