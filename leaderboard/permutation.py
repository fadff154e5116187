"""Paired permutation test: would exchanging two entries' predictions, patient by patient, change the score as much?"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from leaderboard.counts import Floats
from leaderboard.metrics import Metric
from leaderboard.testsets import Replicate


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

    Args:
        first: Replicates of one entry.
        second: Those of the other, in the same order, rows of the same patients.
        metric: What is compared.
        n_patients: Number of patients of the test set.
        permutations: How many exchanges are drawn.
        seed: Of the exchanges.
    """
    rng = np.random.default_rng(seed)
    swapped = rng.integers(0, 2, (1 + permutations, n_patients)).astype(np.float64)
    swapped[0] = 0
    gaps = np.mean([_gaps(a, b, metric, swapped) for a, b in zip(first, second, strict=True)], axis=0)
    if np.isnan(gaps[0]):
        return float("nan")
    known = gaps[~np.isnan(gaps)]
    return float((np.abs(known) >= abs(known[0]) - 1e-12).mean())


def _gaps(first: Replicate, second: Replicate, metric: Metric, swapped: Floats) -> Floats:
    """Return score of the one minus score of the other for each exchange, (1 + P,)."""
    a, b = (_ranked(r) if metric.within_fold else r.proba for r in (first, second))
    y, proba, fold = np.tile(first.y, 2), np.concatenate([a, b]), np.tile(first.fold, 2)
    there = swapped[:, first.patient]
    here = 1 - there
    extra = {"fold": fold} if metric.within_fold else {}
    one = metric.function(y, proba, np.hstack([here, there]), **extra)
    other = metric.function(y, proba, np.hstack([there, here]), **extra)
    gaps: Floats = one - other
    return gaps


def _ranked(replicate: Replicate) -> Floats:
    ranks = np.empty_like(replicate.proba)
    for fold in np.unique(replicate.fold):
        rows = replicate.fold == fold
        ranks[rows] = rankdata(replicate.proba[rows], axis=0) / rows.sum()
    return ranks
