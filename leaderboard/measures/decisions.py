"""Scores of the predicted label, class by class: what a clinic asks of a test.

Shapes: y int (n,), proba float (n, K), weights float (B, n) -> float (B, K), or (B,) where said. A class without rows
in a resample has NaN.
"""

from __future__ import annotations

import numpy as np

from leaderboard.measures.counts import Floats, Ints, ratio, totals


def sensitivity(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Share of the rows of each class that are called so."""
    true, _, hit = totals(y, proba, weights)
    return ratio(hit, true)


def specificity(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Share of the rows of all other classes that are not called so."""
    true, chosen, hit = totals(y, proba, weights)
    rest = weights.sum(axis=1)[:, None] - true
    return 1 - ratio(chosen - hit, rest)


def class_f1(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """F1 of each class; 0 for a class that has rows and is never called."""
    true, chosen, hit = totals(y, proba, weights)
    return np.where(true > 0, ratio(2 * hit, true + chosen), np.nan)


def positive_predictive_value(at: float, y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Chance that a call of a class is right where its prevalence is ``at``, from sensitivity and specificity."""
    right, wrong = at * sensitivity(y, proba, weights), (1 - at) * (1 - specificity(y, proba, weights))
    return ratio(right, right + wrong)


def negative_predictive_value(at: float, y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Chance that not calling a class is right where its prevalence is ``at``, from sensitivity and specificity."""
    right, wrong = (1 - at) * specificity(y, proba, weights), at * (1 - sensitivity(y, proba, weights))
    return ratio(right, right + wrong)


def kappa(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Cohen's kappa, (B,): agreement of label and truth beyond chance; NaN when chance alone would agree always."""
    true, chosen, hit = totals(y, proba, weights)
    total = weights.sum(axis=1)
    agreed, by_chance = ratio(hit.sum(axis=1), total), ratio((true * chosen).sum(axis=1), total**2)
    return ratio(agreed - by_chance, 1 - by_chance)
