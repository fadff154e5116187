"""Three virtual raters who name each cell, as experts do: mostly alike, with the usual confusions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.simulate.shared import Stream, patient_uniforms

N_RATERS = 3
SLIP = 0.066  # a rater's share of misnamed cells: two raters then agree with Cohen's kappa about 0.75
_TAKEN_FOR: Mapping[str, tuple[str, ...]] = {
    "promyelocyte": ("myelocyte", "monocyte", "plasma cell"),
    "myelocyte": ("promyelocyte", "neutrophil", "monocyte"),
    "neutrophil": ("myelocyte",),
    "erythroblast": ("lymphocyte", "plasma cell"),
    "lymphocyte": ("erythroblast", "plasma cell"),
    "monocyte": ("promyelocyte", "myelocyte"),
    "plasma cell": ("erythroblast", "promyelocyte"),
    "blast": ("promyelocyte", "monocyte", "lymphocyte"),
}


def rated(cell_type: NDArray[np.str_], seed: int) -> pd.DataFrame:
    """Return ``rater_1`` .. ``rater_3`` and ``soft_<type>``, the share of raters who say so; one row a cell.

    Args:
        cell_type: True names, str (n, cells).
        seed: Seed of the cohort.
    """
    n, cells = cell_type.shape
    u = np.moveaxis(patient_uniforms(seed, Stream.RATERS, n, (cells, N_RATERS, 2)), 2, 0).reshape(N_RATERS, -1, 2)
    true = cell_type.ravel()
    names = np.stack([_named(true, part) for part in u], axis=1)
    table = pd.DataFrame({f"rater_{k + 1}": names[:, k] for k in range(N_RATERS)})
    return table.assign(**{f"soft_{kind}": (names == kind).mean(axis=1) for kind in _TAKEN_FOR})


def _named(true: NDArray[np.str_], u: NDArray[np.float64]) -> NDArray[np.str_]:
    called = true.astype("<U16")
    for kind, others in _TAKEN_FOR.items():
        slips = np.flatnonzero((true == kind) & (u[:, 0] < SLIP))
        called[slips] = np.array(others)[(u[slips, 1] * len(others)).astype(np.int64)]
    return called
