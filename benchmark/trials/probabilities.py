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
    given, shape = _array(proba, role), (len(view), view.n_classes)
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


def _array(proba: Any, role: str) -> NDArray[Any]:
    """Return an answer as an array.

    Raises:
        ValueError: If it is none, or hides values behind a mask, which numpy drops without a word.
    """
    rows = proba if isinstance(proba, list | tuple) else ()
    if any(isinstance(part, np.ma.MaskedArray) for part in (proba, *rows)):
        raise ValueError(f"predict_proba on {role} returned a masked array; fill it and return an array of float64")
    try:
        given = np.asarray(proba)
    except Exception as error:
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        name = type(proba).__name__
        raise ValueError(
            f"predict_proba on {role} returned a {name} that is no array ({said}); return an array of float64"
        ) from error
    if given.dtype.kind == "O":
        raise ValueError(
            f"predict_proba on {role} returned object ({type(proba).__name__}); "
            "return an array of float64, such as .toarray() or .to_numpy(float) gives"
        )
    return given


def _tolerance(dtype: np.dtype, n_classes: int) -> float:
    if dtype.kind != "f" or dtype == np.float64:
        return _FLOAT64_TOLERANCE
    return max(_FLOAT64_TOLERANCE, 4 * n_classes * float(np.finfo(dtype).eps))
