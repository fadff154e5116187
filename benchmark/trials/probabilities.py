"""What an entry may hand over as probabilities, and as what they are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import Cohort

_FLOAT64_TOLERANCE = 1e-6


def as_probabilities(proba: Any, view: Cohort, role: str) -> NDArray[np.float64]:
    """Return probabilities as float64, after checking them.

    float64, float32, float16, booleans and whole numbers are taken. Rows must sum to 1 up to what the dtype can hold:
    1e-6 for float64, else four roundings a class; rows of lesser dtypes are divided by their sum.

    Args:
        proba: What ``predict_proba`` returned.
        view: The specimens that were predicted.
        role: What they are, for messages.

    Raises:
        ValueError: Naming the dtype and shape, or the first row that is wrong.
    """
    given, shape = np.asarray(proba), (len(view), view.n_classes)
    if given.dtype.kind not in "fiub" or given.dtype.itemsize > 8:
        raise ValueError(
            f"predict_proba on {role} returned {given.dtype}; return an array of float64 (or float32, float16, 0/1)"
        )
    if given.shape != shape:
        raise ValueError(f"predict_proba on {role} returned {given.dtype} {given.shape}, needs float64 {shape}")
    values = given.astype(np.float64)
    total = values.sum(axis=1)
    tolerance = _tolerance(given.dtype, shape[1])
    bad = ~(np.isfinite(values).all(axis=1) & (values >= 0).all(axis=1) & (np.abs(total - 1) <= tolerance))
    if bad.any():
        i = int(bad.argmax())
        raise ValueError(
            f"predict_proba on {role}: {int(bad.sum())} rows are not probabilities; "
            f"the first is {view.specimen[i]}: {given[i]}"
        )
    return values if given.dtype == np.float64 else values / total[:, None]


def _tolerance(dtype: np.dtype, n_classes: int) -> float:
    if dtype.kind != "f" or dtype == np.float64:
        return _FLOAT64_TOLERANCE
    return max(_FLOAT64_TOLERANCE, 4 * n_classes * float(np.finfo(dtype).eps))
