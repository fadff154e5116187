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
