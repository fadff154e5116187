"""How much features differ between specimens of the same class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_NOTHING = 1e-6  # of the standard deviation over all classes


def class_spread(values: NDArray[np.floating], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the standard deviation of each column around its class means, float64 (n_columns,).

    In these units a shift between classes is as large as it is telling. So a covariance that is shrunk towards the
    identity treats features fairly: in units of the whole spread, features that tell classes apart look too quiet. A
    column that never differs within a class keeps its standard deviation over all; so do all where no class has two.

    Args:
        values: float (n, n_columns), finite.
        y: int64 (n,).
    """
    rows = values.astype(np.float64)
    whole = rows.std(axis=0)
    classes, of_row = np.unique(y, return_inverse=True)
    free = len(y) - len(classes)
    if free < 1:
        return np.asarray(whole)
    sizes = np.bincount(of_row)[:, None]
    means = np.stack([rows[of_row == k].sum(axis=0) for k in range(len(classes))]) / sizes
    inside = np.sqrt(((rows - means[of_row]) ** 2).sum(axis=0) / free)
    return np.where(inside > _NOTHING * whole, inside, whole)
