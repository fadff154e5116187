"""Weights that let every patient count once, however many specimens there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def patient_weights(patient: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return one weight a specimen, proportional to 1 / (specimens of its patient), mean 1.

    Args:
        patient: Patient of each specimen, str (n,).

    Returns:
        float64 (n,), all ones when no patient repeats.
    """
    _, owner, counts = np.unique(patient, return_inverse=True, return_counts=True)
    weights = 1.0 / counts[owner]
    return weights * (len(weights) / weights.sum())
