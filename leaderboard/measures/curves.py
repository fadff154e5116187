"""Scores read off a class's ranking, fold by fold: average precision, points of the ROC curve.

Shapes: y int (n,), proba float (n, K), weights float (B, n) -> float (B, K), one score a resample and class. Scores of
different folds' models do not share a scale, so each fold is read alone and folds are averaged by the weight of the
class's rows in them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from leaderboard.measures.counts import Floats, Ints, ratio
from leaderboard.measures.shared_work import shared

Bools = NDArray[np.bool_]


def average_precision(y: Ints, proba: Floats, weights: Floats, fold: Ints | None = None) -> Floats:
    """Area under the precision-recall steps of each class against the rest; its chance level is the prevalence."""
    return _by_class(_precision, y, proba, weights, fold)


def prevalence(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Share of each class among the rows: the average precision of a random ranking."""
    is_true = (y[:, None] == np.arange(proba.shape[1])).astype(np.float64)
    return ratio(weights @ is_true, weights.sum(axis=1)[:, None])


def sensitivity_at(specificity: float, y: Ints, proba: Floats, weights: Floats, fold: Ints | None = None) -> Floats:
    """Highest sensitivity of each class among thresholds whose specificity is at least the given one.

    Read off the test patients' own ROC curve: what the ranking allows, not what a threshold fixed before would do.
    """
    return _by_class(partial(_sensitivity, specificity), y, proba, weights, fold)


def specificity_at(sensitivity: float, y: Ints, proba: Floats, weights: Floats, fold: Ints | None = None) -> Floats:
    """Highest specificity of each class among thresholds whose sensitivity is at least the given one."""
    return _by_class(partial(_specificity, sensitivity), y, proba, weights, fold)


_SLACK = 1e-9  # a share that is exactly the limit must pass it


@dataclass(frozen=True)
class Ranking:
    """One class against the rest in one fold, on every resample, as a threshold falls; tied rows pass it together.

    Attributes:
        above: Weight of the first 0, 1, 2 ... rows of the class, most probable first, float64 (n_class + 1, B).
        below: The same of the rest, (n_rest + 1, B).
        hits: How many rows of the class have passed each threshold, from 0, int64 (thresholds + 1,).
        misses: The same of the rest.
    """

    above: Floats
    below: Floats
    hits: Ints
    misses: Ints


Reading = Callable[[Ranking], Floats]  # -> (B,)


def _by_class(reading: Reading, y: Ints, proba: Floats, weights: Floats, fold: Ints | None) -> Floats:
    return np.stack([_one(reading, ranked) for ranked in _rankings(y, proba, weights, fold)], axis=1)


def _one(reading: Reading, rankings: list[Ranking]) -> Floats:
    total, share = np.zeros((2, rankings[0].above.shape[1]))
    for ranking in rankings:
        read = reading(ranking)
        mass = np.where(np.isnan(read), 0.0, ranking.above[-1])
        total += np.nan_to_num(read) * mass
        share += mass
    return ratio(total, share)


@shared
def _rankings(y: Ints, proba: Floats, weights: Floats, fold: Ints | None) -> list[list[Ranking]]:
    """Return for each class its ranking in each fold."""
    rows = np.ascontiguousarray(weights.T)  # a row of the sample in one piece: gathered and summed along memory
    groups = [np.arange(len(y))] if fold is None else [np.flatnonzero(fold == f) for f in np.unique(fold)]
    return [[_ranking(y[g] == k, proba[g, k], rows, g) for g in groups] for k in range(proba.shape[1])]


def _ranking(positive: Bools, score: Floats, rows: Floats, group: Ints) -> Ranking:
    order = np.argsort(-score, kind="stable")
    told, members = positive[order], group[order]
    ends = np.flatnonzero(np.diff(score[order], append=-np.inf) != 0)
    hits = np.append(0, np.cumsum(told)[ends])
    return Ranking(_summed(rows, members[told]), _summed(rows, members[~told]), hits, np.append(0, 1 + ends) - hits)


def _summed(rows: Floats, members: Ints) -> Floats:
    total = np.zeros((len(members) + 1, rows.shape[1]))
    np.cumsum(rows[members], axis=0, out=total[1:])
    return total


def _precision(ranking: Ranking) -> Floats:
    """Return the area under the steps of precision over recall, (B,)."""
    steps = 1 + np.flatnonzero(np.diff(ranking.hits))  # recall rises where the class has a row
    true, before = ranking.above[ranking.hits[steps]], ranking.above[ranking.hits[steps - 1]]
    passed = true + ranking.below[ranking.misses[steps]]
    precision = np.divide(true, passed, out=np.zeros_like(true), where=passed > 0)
    return ratio(np.einsum("tb,tb->b", true - before, precision), ranking.above[-1])


def _sensitivity(specificity: float, ranking: Ranking) -> Floats:
    """Return it at the last threshold with so high a specificity, (B,); NaN without both kinds."""
    most = (1 - specificity + _SLACK) * ranking.below[-1]
    last = _first(lambda at, b: ranking.below[ranking.misses[at], b] > most, ranking) - 1
    reached = ranking.above[ranking.hits[last], np.arange(len(last))]
    return np.where(ranking.below[-1] > 0, ratio(reached, ranking.above[-1]), np.nan)


def _specificity(sensitivity: float, ranking: Ranking) -> Floats:
    """Return it at the first threshold with so high a sensitivity, (B,); NaN without both kinds."""
    least = (sensitivity - _SLACK) * ranking.above[-1]
    first = _first(lambda at, b: ranking.above[ranking.hits[at], b] >= least, ranking)
    passed = ranking.below[ranking.misses[first], np.arange(len(first))]
    return np.where(ranking.above[-1] > 0, 1 - ratio(passed, ranking.below[-1]), np.nan)


def _first(holds: Callable[[Ints, Ints], Bools], ranking: Ranking) -> Ints:
    """Return the first threshold from which on ``holds`` is true, (B,), one past the last where it never is.

    ``holds(threshold (B,), resample (B,)) -> (B,)`` changes once as the threshold falls, so it is found by halving.
    """
    columns, past = np.arange(ranking.above.shape[1]), len(ranking.hits)
    low, high = np.zeros_like(columns), np.full_like(columns, past)
    for _ in range(past.bit_length()):
        middle = (low + high) // 2
        true = holds(np.minimum(middle, past - 1), columns) | (middle == past)
        low, high = np.where(true, low, middle + 1), np.where(true, middle, high)
    return high
