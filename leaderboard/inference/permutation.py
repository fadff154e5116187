"""Paired permutation test: would exchanging two entries' predictions, patient by patient, change the score as much?"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from leaderboard.inference.bootstrap import BLOCK
from leaderboard.measures import Floats, Ints, Metric, label
from leaderboard.records import Replicate


def permutation_p(
    first: tuple[Replicate, ...],
    second: tuple[Replicate, ...],
    metric: Metric,
    n_patients: int,
    *,
    permutations: int = 2000,
    seed: int = 0,
) -> float:
    """Return the two-sided p-value of the difference in ``metric``; the observed exchange counts as one of them.

    All rows of a patient are exchanged together, in all replicates. For AUROC the scores are first made ranks within
    their fold, so that entries on different scales can be exchanged.

    The difference is a sum over patients of parts whose sign an exchange turns around; so it is for AUROC, where what
    depends on two exchanges at once is the same for both entries and cancels.

    Args:
        first: Replicates of one entry.
        second: Those of the other, in the same order, rows of the same patients.
        metric: What is compared: one of ``PARTS``.
        n_patients: Number of patients of the test set.
        permutations: How many exchanges are drawn.
        seed: Of the exchanges.

    Raises:
        ValueError: If the metric is no sum over patients.
    """
    if metric.name not in PARTS:
        raise ValueError(f"no permutation test of {metric.name}; choices: {', '.join(PARTS)}")
    parts = np.zeros(n_patients)
    for a, b in zip(first, second, strict=True):
        parts += np.bincount(a.patient, PARTS[metric.name](a, b), n_patients) / len(first)
    gaps = _sums(_signs(permutations, n_patients, seed), parts)
    return float("nan") if np.isnan(gaps[0]) else float((np.abs(gaps) >= abs(gaps[0]) - 1e-12).mean())


@lru_cache(maxsize=1)  # all pairs of a test set meet the same exchanges
def _signs(permutations: int, n_patients: int, seed: int) -> NDArray[np.int8]:
    """Return -1 where a patient is exchanged and 1 where not, (1 + P, n_patients); row 0 is the observed 1."""
    rng = np.random.default_rng(seed)
    signs = np.empty((1 + permutations, n_patients), dtype=np.int8)
    for rows in _blocks(signs):
        rows[:] = 1 - 2 * rng.integers(0, 2, rows.shape)
    signs[0] = 1
    signs.flags.writeable = False
    return signs


def _sums(signs: NDArray[np.int8], parts: Floats) -> Floats:
    return np.concatenate([rows.astype(np.float64) @ parts for rows in _blocks(signs)])


def _blocks(signs: NDArray[np.int8]) -> list[NDArray[np.int8]]:
    step = max(1, BLOCK // max(1, signs.shape[1]))
    return [signs[start : start + step] for start in range(0, len(signs), step)]


def _of_accuracy(first: Replicate, second: Replicate) -> Floats:
    return _hits(first, second) / len(first.y)


def _of_balanced_accuracy(first: Replicate, second: Replicate) -> Floats:
    count = np.bincount(first.y)
    return _hits(first, second) / (count[first.y] * np.count_nonzero(count))


def _hits(first: Replicate, second: Replicate) -> Floats:
    """Return 1 where only the first is right, -1 where only the second is, else 0, (n,)."""
    right = [(label(replicate.proba) == replicate.y).astype(np.float64) for replicate in (first, second)]
    return right[0] - right[1]


def _of_auroc(first: Replicate, second: Replicate) -> Floats:
    """Return what each row adds, (n,); NaN where no class can be told from the rest."""
    a, b = _ranked(first), _ranked(second)
    chosen = [1] if a.shape[1] == 2 else range(a.shape[1])
    found = [_of_class(first.y == k, first.fold, a[:, k], b[:, k]) for k in chosen]
    known = [part for part in found if part is not None]
    return np.mean(known, axis=0) if known else np.full(len(a), np.nan)


def _of_class(positive: NDArray[np.bool_], fold: Ints, a: Floats, b: Floats) -> Floats | None:
    told, pairs = np.zeros(len(a)), 0
    for group in (np.flatnonzero(fold == f) for f in np.unique(fold)):
        above, below = group[positive[group]], group[~positive[group]]
        for rows, others, sign in ((above, below, 1), (below, above, -1)):  # a higher score of the rest wins fewer
            pooled = np.sort(np.concatenate([a[others], b[others]]))
            told[rows] = sign * (_passed(pooled, a[rows]) - _passed(pooled, b[rows])) / 2
        pairs += len(above) * len(below)
    return told / pairs if pairs else None


def _passed(ordered: Floats, values: Floats) -> Floats:
    """Return how many of the ordered numbers lie below each value, ties half."""
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2


def _ranked(replicate: Replicate) -> Floats:
    ranks = np.empty_like(replicate.proba)
    for fold in np.unique(replicate.fold):
        rows = replicate.fold == fold
        ranks[rows] = rankdata(replicate.proba[rows], axis=0) / rows.sum()
    return ranks


PARTS: dict[str, Callable[[Replicate, Replicate], Floats]] = {
    "accuracy": _of_accuracy,
    "balanced_accuracy": _of_balanced_accuracy,
    "auroc": _of_auroc,
}
