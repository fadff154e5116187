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
    weights = patient_shares(patient)
    return weights * (len(weights) / weights.sum())


def patient_shares(patient: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return 1 / (specimens of its patient) for each specimen, float64 (n,), which sum to the number of patients.

    What is weighed against a prior counts patients: the same patient seen twice is not twice the evidence.
    """
    _, owner, counts = np.unique(patient, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[owner])
