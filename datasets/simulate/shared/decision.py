"""Which class a posterior calls where every class counts the same, and what a tie is worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_RELATIVE = 1e-9  # posteriors carry a few last bits of rounding; classes that truly differ differ by more


def credit(posterior: NDArray[np.float64], prior: ArrayLike, y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how right the call of each row is, float64 (n,): 1, 0, or 1 / k where y is one of k tied classes.

    Called is the class whose posterior exceeds its prior by the largest factor, the best decision for balanced
    accuracy. Ties are shared, because rounding would decide them: a patient about whom nothing is known ties all.

    Args:
        posterior: float64 (n, n_classes).
        prior: Class frequencies, (n_classes,).
        y: True class, int64 (n,).
    """
    factor = posterior / np.asarray(prior, dtype=np.float64)
    best = factor >= factor.max(axis=1, keepdims=True) * (1 - _RELATIVE)
    return best[np.arange(len(y)), y] / best.sum(axis=1)
