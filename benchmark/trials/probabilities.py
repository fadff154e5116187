"""What an entry predicts must be probabilities; the same check while tuning and in the trial."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import Cohort

_ROW_SUM_TOLERANCE = 1e-6


def check_proba(proba: NDArray[Any], view: Cohort, role: str) -> None:
    """Check that ``proba`` is float64 (n, n_classes) and that every row is of probabilities whose sum is 1.

    Raises:
        ValueError: Naming the role, and the first specimen of which it does not hold.
    """
    want = (len(view), view.n_classes)
    if proba.shape != want or proba.dtype != np.float64:
        raise ValueError(f"predict_proba on {role} returned {proba.dtype} {proba.shape}, needs float64 {want}")
    total = proba.sum(axis=1)
    bad = ~(np.isfinite(proba).all(axis=1) & (proba >= 0).all(axis=1) & (np.abs(total - 1) <= _ROW_SUM_TOLERANCE))
    if bad.any():
        i = int(bad.argmax())
        raise ValueError(
            f"predict_proba on {role}: {int(bad.sum())} rows are not probabilities; "
            f"the first is {view.specimen[i]}: {proba[i]}"
        )
