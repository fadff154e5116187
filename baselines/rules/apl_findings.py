"""What the APL rules read: clinical values with checked units, nuclear shape from images, gene modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from baselines.rules.apl_lists import UNITS
from baselines.rules.rule_findings import absent, clinical_values, is_male, share_of_cells
from datasets.cohort import Cohort
from datasets.morphology import FEATURES, cached_cell_features

MODULES = {
    "stat5": ("CISH", "SOCS2", "PIM1", "BCL2L1", "OSM"),
    "hoxa": ("HOXA9", "HOXA7", "HOXA10", "MEIS1", "PBX3"),
}
# Textbook shapes put as numbers: a round nucleus is one convex piece nearly as wide as long; a bilobed one has a waist.
_ROUND_SOLIDITY, _ROUND_ASPECT = 0.9, 0.8


def module_baseline(train: Cohort) -> dict[str, float]:
    """Return the train median of each module gene that the cohort has; empty without genes."""
    rows = train.has("genes")
    if train.genes is None or not rows.any():
        return {}
    wanted = {gene for members in MODULES.values() for gene in members}
    return {g: float(np.median(train.genes[rows, j])) for j, g in enumerate(train.gene_names) if g in wanted}


def findings(cohort: Cohort, baseline: Mapping[str, float], *, nuclei: bool) -> list[dict[str, float]]:
    """Return what was measured of each specimen; NaN where it was not.

    Args:
        cohort: Specimens to judge.
        baseline: Gene -> log2 level that counts as not shifted, from ``module_baseline``.
        nuclei: Whether to measure nuclei, which takes a while on many images.

    Raises:
        ValueError: If a clinical column that the rules read is in another unit than theirs.
    """
    columns = dict(_columns(cohort, baseline, nuclei))
    return [{name: float(values[i]) for name, values in columns.items()} for i in range(len(cohort))]


def _columns(cohort: Cohort, baseline: Mapping[str, float], nuclei: bool) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for name, unit in UNITS.items():
        yield name, clinical_values(cohort, name, unit)
    yield "male", is_male(cohort)
    if nuclei:
        yield from _nuclei(cohort)
    for name, genes in MODULES.items():
        yield name, _shift(cohort, {g: baseline[g] for g in genes if g in baseline})


def _nuclei(cohort: Cohort) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Give the shares of round and of bilobed nuclei among the cells that were found."""
    if cohort.images is None:
        yield from (("round", absent(cohort)), ("bilobed", absent(cohort)))
        return
    features = cached_cell_features(cohort.images.pixels)
    size, solidity, aspect, lobes = (
        np.asarray(features[:, FEATURES.index(f"nucleus_{f}")]) for f in ("area", "solidity", "aspect", "lobes")
    )
    shapes = {
        "round": (lobes == 1) & (solidity >= _ROUND_SOLIDITY) & (aspect >= _ROUND_ASPECT),
        "bilobed": lobes == 2,
    }
    for name, is_shape in shapes.items():
        yield name, share_of_cells(cohort, is_shape, size > 0)


def _shift(cohort: Cohort, baseline: Mapping[str, float]) -> NDArray[np.float64]:
    if cohort.genes is None or not baseline:
        return absent(cohort)
    position = {gene: j for j, gene in enumerate(cohort.gene_names)}
    levels = cohort.genes[:, [position[g] for g in baseline]].astype(np.float64)
    shift = (levels - np.array(list(baseline.values()))).mean(axis=1)
    return np.where(cohort.has("genes"), shift, np.nan)
