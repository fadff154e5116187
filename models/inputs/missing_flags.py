"""Whether it tells the class that a value is missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEAST = 5
_PERMUTATIONS = 999
_TELLING = 0.01


def tells_class(missing: NDArray[np.bool_], y: NDArray[np.int64], patient: NDArray[np.str_]) -> bool:
    """Return whether what is missing goes with the class of patients more than in 99 of 100 permutations.

    A patient counts once, by the first specimen. With fewer than five patients who have the value, or who lack it,
    nothing is told.

    Args:
        missing: bool (n,). y: int64 (n,). patient: (n,).
    """
    first = np.unique(patient, return_index=True)[1]
    flag, label = missing[first], y[first]
    if min(flag.sum(), (~flag).sum()) < _LEAST:
        return False
    classes, of_row = np.unique(label, return_inverse=True)
    member = np.eye(len(classes))[of_row]
    shuffled = np.random.default_rng(0).permuted(np.tile(flag.astype(float), (_PERMUTATIONS, 1)), axis=1)
    counts = np.vstack([flag.astype(float), shuffled]) @ member
    # Of the chi-squared statistic all else is the same in every permutation.
    statistic = (counts**2 / member.sum(axis=0)).sum(axis=1)
    return bool((statistic >= statistic[0] * (1 - 1e-12)).mean() <= _TELLING)
