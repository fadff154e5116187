"""Wrong labels: a clerk's error that can hit any class, and false FISH readings that call a variant PML-RARA."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.shared import CLASSES, Stream, patient_uniforms

SYMMETRIC, FALSE_FISH = 0.02, 0.06
_MISREAD = ("STAT5B-RARA", "NPM1-RARA", "TTMV-RARA")


def noisy_labels(y: NDArray[np.int64], amount: float, seed: int) -> NDArray[np.int64]:
    """Return the labels as they were written down, int64 (n,).

    A share 0.02 of all labels becomes any other class; a share 0.06 of STAT5B-, NPM1- and TTMV-RARA
    becomes PML-RARA. A patient of none of the classes (-1) stays one.

    Args:
        y: True classes.
        amount: Multiplies both shares; 1 is the design's.
        seed: Seed of the cohort.
    """
    u = patient_uniforms(seed, Stream.LABEL_NOISE, len(y), (3,)).T
    other = (y + 1 + (u[1] * (len(CLASSES) - 1)).astype(np.int64)) % len(CLASSES)
    written = np.where(u[0] < amount * SYMMETRIC, other, y)
    misread = np.isin(y, [CLASSES.index(name) for name in _MISREAD]) & (u[2] < amount * FALSE_FISH)
    return np.where(y < 0, y, np.where(misread, CLASSES.index("PML-RARA"), written))
