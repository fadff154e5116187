"""The year each patient was sampled in: variants are found more often as RNA sequencing spreads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.shared import Stream, patient_uniforms

YEARS = tuple(range(2016, 2024))
# growth of each class a year, log scale: PML-RARA steady, TTMV-RARA unknown to most before 2021; last of no class
_GROWTH = np.array([0.0, 0.45, 0.15, 0.15, 0.20, 0.0])


def sampled_era(y: NDArray[np.int64], seed: int) -> NDArray[np.str_]:
    """Return a year for each patient, str (n,); pictures, labs and genes do not depend on it.

    Args:
        y: Class, int64 (n,); -1 for none.
        seed: Seed of the cohort.
    """
    weight = np.exp(_GROWTH[:, None] * np.arange(len(YEARS)))
    edges = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)[y, :-1]
    chance = patient_uniforms(seed, Stream.ERA, len(y), (1,))
    return np.array([str(year) for year in YEARS])[(chance > edges).sum(axis=1)]
