"""Scores of the predicted label: accuracy, balanced accuracy, F1, Matthews correlation.

Shapes are those of every metric here: y int (n,), proba float (n, K), weights float (B, n) -> float (B,), one score a
resample. The label is the most probable class, the first of them on a tie. A class whose weight is zero in a resample
is not there: class averages leave it out, and a score without anything to average is NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leaderboard.measures.shared_work import shared

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def label(proba: Floats) -> Ints:
    """Return the most probable class of each row, int64 (n,); the first of them on a tie."""
    return np.argmax(proba, axis=1) if len(proba) else np.zeros(0, dtype=np.int64)


def ratio(top: Floats, bottom: Floats) -> Floats:
    """Divide; NaN where ``bottom`` is zero."""
    top, bottom = np.broadcast_arrays(top, bottom)
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0)


def mean_present(scores: Floats) -> Floats:
    """Average (B, K) over the classes that have a score; NaN where none has."""
    present = ~np.isnan(scores)
    return ratio(np.where(present, scores, 0.0).sum(axis=1), present.sum(axis=1))


@shared
def totals(y: Ints, proba: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the weight of the true, the predicted and the rightly predicted rows of each class, each (B, K)."""
    predicted, columns = label(proba), np.arange(proba.shape[1])
    is_true, is_predicted = y[:, None] == columns, predicted[:, None] == columns
    table = np.hstack([is_true, is_predicted, is_true & is_predicted]).astype(np.float64)
    true, chosen, hit = np.split(weights @ table, 3, axis=1)
    return true, chosen, hit


def accuracy(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Share of rows whose label is right."""
    return ratio(weights @ (label(proba) == y).astype(np.float64), weights.sum(axis=1))


def balanced_accuracy(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Recall averaged over the classes present in ``y``."""
    true, _, hit = totals(y, proba, weights)
    return mean_present(ratio(hit, true))


def macro_f1(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """F1 averaged over the classes present in ``y``; a present class that is never predicted has F1 0."""
    true, chosen, hit = totals(y, proba, weights)
    return mean_present(np.where(true > 0, ratio(2 * hit, true + chosen), np.nan))


def f1(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """F1 of class 1 of a binary task; NaN when no row is positive."""
    true, chosen, hit = totals(y, proba, weights)
    return np.where(true[:, 1] > 0, ratio(2 * hit[:, 1], true[:, 1] + chosen[:, 1]), np.nan)


def always_positive_f1(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """F1 of class 1 for a rule that calls every row positive, 2p / (1 + p); NaN when no row is positive."""
    positive = weights @ (y == 1).astype(np.float64)
    return np.where(positive > 0, ratio(2 * positive, positive + weights.sum(axis=1)), np.nan)


def mcc(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Matthews correlation for K classes; 0 when one label is given to all, NaN when one class is present.

    Reference: J. Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient, 2004.
    """
    true, chosen, hit = totals(y, proba, weights)
    total = weights.sum(axis=1)
    covariance = hit.sum(axis=1) * total - (true * chosen).sum(axis=1)
    spread_true = total**2 - (true**2).sum(axis=1)
    spread_chosen = total**2 - (chosen**2).sum(axis=1)
    score = ratio(covariance, np.sqrt(spread_true * spread_chosen))
    return np.where((spread_chosen == 0) & (spread_true > 0), 0.0, score)
