"""What the rules for six diagnoses read: clinical values with checked units, and kinds of cells by measured shape."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from baselines.rules.mito_list import UNITS
from baselines.rules.rule_findings import absent, clinical_values, is_male, share_of_cells
from datasets.cohort import Cohort
from datasets.morphology import FEATURES, cached_cell_features

# Textbook cells put as numbers. Blasts and lymphocytes have one nucleus that fills most of the cell; a mature
# lymphocyte is at most 11 um wide (0.54 of a picture 20.5 um wide), a blast wider.
_HIGH_NC = 0.7
_LYMPHOCYTE_WIDTH = 0.54


def findings(cohort: Cohort) -> list[dict[str, float]]:
    """Return what was measured of each specimen; NaN where it was not.

    Raises:
        ValueError: If a clinical column that the rules read is in another unit than theirs.
    """
    columns = dict(_columns(cohort))
    return [{name: float(values[i]) for name, values in columns.items()} for i in range(len(cohort))]


def _columns(cohort: Cohort) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for name, unit in UNITS.items():
        yield name, clinical_values(cohort, name, unit)
    yield "male", is_male(cohort)
    yield from _cells(cohort)


def _cells(cohort: Cohort) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Give the shares of blast-like and lymphocyte-like cells, and how wide the former are."""
    if cohort.images is None:
        yield from ((name, absent(cohort)) for name in ("blast_like", "lymphocyte_like", "blast_width"))
        return
    features = cached_cell_features(cohort.images.pixels)
    size, lobes, nc, width = (
        np.asarray(features[:, FEATURES.index(f)])
        for f in ("nucleus_area", "nucleus_lobes", "nc_ratio", "cell_diameter")
    )
    full = (lobes == 1) & (nc >= _HIGH_NC)
    kinds = {"blast_like": full & (width > _LYMPHOCYTE_WIDTH), "lymphocyte_like": full & (width <= _LYMPHOCYTE_WIDTH)}
    for name, is_kind in kinds.items():
        yield name, share_of_cells(cohort, is_kind, size > 0)
    yield "blast_width", np.array([_median(width[r[kinds["blast_like"][r]]]) for r in _bags(cohort)], dtype=np.float64)


def _bags(cohort: Cohort) -> Iterator[NDArray[np.int64]]:
    assert cohort.images is not None
    yield from map(cohort.images.bag_rows, range(len(cohort)))


def _median(values: NDArray[np.float32]) -> float:
    return float(np.median(values)) if len(values) else float("nan")
