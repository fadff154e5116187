"""Area under the ROC curve, one class against the rest, averaged over classes."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from leaderboard.measures.counts import Floats, Ints, mean_present, ratio


def auroc(y: Ints, proba: Floats, weights: Floats, fold: Ints | None = None) -> Floats:
    """Return the chance that a row of a class outranks a row of the rest, averaged over classes; ties count one half.

    With ``fold``, only rows predicted by the same fold's model are compared, and each class pools its pairs over the
    folds. Scores of different models do not share a scale: in cross-validation the control ``prior`` gives a class a
    lower probability in just the fold that holds more of it, so pooled scores would put it below one half. Within folds
    it is exactly one half.

    A class counts where both it and the rest have weight; NaN when no class does. With K = 2 this is the AUROC of
    class 1. Cost: one sort a class and fold, then O(n) a resample.

    Args:
        y: int (n,), classes 0 .. K-1.
        proba: float (n, K).
        weights: float (B, n), how often each resample holds each row.
        fold: int (n,) or None for one group.

    Returns:
        float (B,) in [0, 1].
    """
    chosen = [1] if proba.shape[1] == 2 else list(range(proba.shape[1]))
    return mean_present(_of_classes(chosen, y, proba, weights, fold))


def class_auroc(y: Ints, proba: Floats, weights: Floats, fold: Ints | None = None) -> Floats:
    """Return the AUROC of each class against the rest as ``auroc`` averages them, float (B, K)."""
    return _of_classes(list(range(proba.shape[1])), y, proba, weights, fold)


def hand_till(y: Ints, proba: Floats, weights: Floats, fold: Ints | None = None) -> Floats:
    """Return the mean over pairs of classes of their AUROC within the pair, both ways round, float (B,).

    Unlike one against the rest it does not depend on how common classes are. Pairs of which a class is absent are left
    out. Reference: D. Hand and R. Till, A simple generalisation of the area under the ROC curve, 2001.
    """
    rows, groups = _laid_out(weights), _groups(y, fold)
    pairs = []
    for i, j in combinations(range(proba.shape[1]), 2):
        kept = [group[(y[group] == i) | (y[group] == j)] for group in groups]
        pairs.append(sum(_one_against_rest(y == k, proba[:, k], rows, kept) for k in (i, j)) / 2)
    return mean_present(np.stack(pairs, axis=1))


def _laid_out(weights: Floats) -> Floats:
    """Return (n, B) with a row of a sample in one piece: gathers and cumulative sums run along memory."""
    return np.ascontiguousarray(weights.T)


def _groups(y: Ints, fold: Ints | None) -> list[Ints]:
    return [np.arange(len(y))] if fold is None else [np.flatnonzero(fold == f) for f in np.unique(fold)]


def _of_classes(chosen: list[int], y: Ints, proba: Floats, weights: Floats, fold: Ints | None) -> Floats:
    rows, groups = _laid_out(weights), _groups(y, fold)
    return np.stack([_one_against_rest(y == k, proba[:, k], rows, groups) for k in chosen], axis=1)


def _one_against_rest(positive: Ints, score: Floats, rows: Floats, groups: list[Ints]) -> Floats:
    won, pairs = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
    for group in groups:
        above, below = group[positive[group]], group[~positive[group]]
        group_won, group_pairs = _pairs(score[above], score[below], rows[above], below, rows)
        won += group_won
        pairs += group_pairs
    return ratio(won, pairs)


def _pairs(above: Floats, below: Floats, above_weight: Floats, below_rows: Ints, rows: Floats) -> tuple[Floats, Floats]:
    """Return the weight of the pairs won (ties half) and of all pairs, each (B,): a weighted Mann-Whitney U."""
    order = np.argsort(below, kind="stable")
    reached = np.zeros((len(below) + 1, rows.shape[1]))
    np.cumsum(rows[below_rows[order]], axis=0, out=reached[1:])
    lower = np.searchsorted(below[order], above, side="left")
    upper = np.searchsorted(below[order], above, side="right")
    won = np.einsum("ib,ib->b", above_weight, reached[lower] + reached[upper]) / 2
    return won, above_weight.sum(axis=0) * reached[-1]
