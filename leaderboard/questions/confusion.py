"""Confusion matrices: of the patients of a class, which share is called what, with exact row intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leaderboard.measures import Floats, Ints, clopper_pearson, label, ratio
from leaderboard.records import Replicate


@dataclass(frozen=True)
class Confusion:
    """Rows are true classes, columns what they were called.

    Attributes:
        share: Share of the row, mean over replicates (seeds), float64 (K, K); NaN without patients.
        low: Lower bound of the exact 95 % interval of the share on ``n_patients``, float64 (K, K).
        high: Upper bound.
        n_patients: Patients of each true class, int64 (K,).
    """

    share: Floats
    low: Floats
    high: Floats
    n_patients: Ints


def confusion(replicates: Sequence[Replicate]) -> Confusion:
    """Count what the classes of an entry's replicates were called; patients are the size of the interval."""
    first = replicates[0]
    classes = np.arange(first.proba.shape[1])
    share = np.mean([_shares(replicate, classes) for replicate in replicates], axis=0)
    n = np.array([len(np.unique(first.patient[first.y == k])) for k in classes])
    low, high = clopper_pearson(np.nan_to_num(share) * n[:, None], n[:, None])
    return Confusion(share, low, high, n)


def _shares(replicate: Replicate, classes: Ints) -> Floats:
    called = label(replicate.proba)
    counts = np.array([[((replicate.y == true) & (called == k)).sum() for k in classes] for true in classes])
    return ratio(counts, counts.sum(axis=1)[:, None])
