"""Scores read off a class's ranking, fold by fold: average precision, points of the ROC curve.

Shapes: y int (n,), proba float (n, K), weights float (B, n) -> float (B, K), one score a resample and class. Scores of
different folds' models do not share a scale, so each fold is read alone and folds are averaged by the weight of the
class's rows in them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from leaderboard.counts import Floats, Ints, ratio

Reading = Callable[[Floats, Floats], Floats]  # cumulative true and false positives (B, thresholds + 1) -> (B,)


def average_precision(y: Ints, proba: Floats, weights: Floats, fold: Ints | None = None) -> Floats:
    """Area under the precision-recall steps of each class against the rest; its chance level is the prevalence."""
    return _by_class(_area, y, proba, weights, fold)


def prevalence(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Share of each class among the rows: the average precision of a random ranking."""
    is_true = (y[:, None] == np.arange(proba.shape[1])).astype(np.float64)
    return ratio(weights @ is_true, weights.sum(axis=1)[:, None])


def sensitivity_at(specificity: float, y: Ints, proba: Floats, weights: Floats, fold: Ints | None = None) -> Floats:
    """Highest sensitivity of each class among thresholds whose specificity is at least the given one.

    Read off the test patients' own ROC curve: what the ranking allows, not what a threshold fixed before would do.
    """
    return _by_class(partial(_reach, specificity, _ON_FALSE), y, proba, weights, fold)


def specificity_at(sensitivity: float, y: Ints, proba: Floats, weights: Floats, fold: Ints | None = None) -> Floats:
    """Highest specificity of each class among thresholds whose sensitivity is at least the given one."""
    return _by_class(partial(_reach, sensitivity, _ON_TRUE), y, proba, weights, fold)


_ON_FALSE, _ON_TRUE = 0, 1
_SLACK = 1e-9  # a share that is exactly the limit must pass it


def _by_class(reading: Reading, y: Ints, proba: Floats, weights: Floats, fold: Ints | None) -> Floats:
    groups = [np.arange(len(y))] if fold is None else [np.flatnonzero(fold == f) for f in np.unique(fold)]
    scores = [_one(reading, y == k, proba[:, k], weights, groups) for k in range(proba.shape[1])]
    return np.stack(scores, axis=1)


def _one(reading: Reading, positive: Ints, score: Floats, weights: Floats, groups: list[Ints]) -> Floats:
    total, share = np.zeros(len(weights)), np.zeros(len(weights))
    for group in groups:
        true, false = _cumulative(positive[group], score[group], weights[:, group])
        read = reading(true, false)
        known = ~np.isnan(read)
        total += np.where(known, read, 0.0) * np.where(known, true[:, -1], 0.0)
        share += np.where(known, true[:, -1], 0.0)
    return ratio(total, share)


def _cumulative(positive: Ints, score: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return true and false positives (B, thresholds + 1) as the threshold falls; tied rows pass it together."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True)) if len(score) else np.zeros(0, dtype=np.int64)
    ranked, told = weights[:, order], positive[order]
    start = np.zeros((len(weights), 1))
    true = np.cumsum(ranked * told, axis=1)[:, ends]
    false = np.cumsum(ranked * ~told, axis=1)[:, ends]
    return np.hstack([start, true]), np.hstack([start, false])


def _area(true: Floats, false: Floats) -> Floats:
    precision = ratio(true, true + false)[:, 1:]
    gained = np.diff(true, axis=1)
    return ratio(np.where(gained > 0, gained * np.nan_to_num(precision), 0.0).sum(axis=1), true[:, -1])


def _reach(limit: float, on: int, true: Floats, false: Floats) -> Floats:
    """Return the best of one share among thresholds where the other is at least ``limit``; NaN without both kinds."""
    sensitivity = ratio(true, true[:, -1:])
    specificity = 1 - ratio(false, false[:, -1:])
    held, read = (specificity, sensitivity) if on == _ON_FALSE else (sensitivity, specificity)
    best = np.where(held >= limit - _SLACK, read, -np.inf).max(axis=1)
    return np.where(np.isfinite(best), best, np.nan)
