"""What the APL rules read: clinical values with checked units, nuclear shape from images, gene modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from baselines.cell_features import FEATURES, cached_cell_features
from baselines.rules_apl_lists import UNITS
from datasets.cohort import Cohort

MODULES = {
    "stat5": ("CISH", "SOCS2", "PIM1", "BCL2L1", "OSM"),
    "hoxa": ("HOXA9", "HOXA7", "HOXA10", "MEIS1", "PBX3"),
}
# Textbook shapes put as numbers: a round nucleus is one convex piece nearly as wide as long; a bilobed one has a waist.
_ROUND_SOLIDITY, _ROUND_ASPECT = 0.9, 0.8
_FEWEST_CELLS = 5


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
        yield name, _clinical(cohort, name, unit)
    yield "male", _male(cohort)
    if nuclei:
        yield from _nuclei(cohort)
    for name, genes in MODULES.items():
        yield name, _shift(cohort, {g: baseline[g] for g in genes if g in baseline})


def _absent(cohort: Cohort) -> NDArray[np.float64]:
    return np.full(len(cohort), np.nan)


def _clinical(cohort: Cohort, name: str, unit: str) -> NDArray[np.float64]:
    if cohort.clinical is None or name not in cohort.clinical.columns:
        return _absent(cohort)
    if cohort.units.get(name) != unit:
        raise ValueError(
            f"clinical[{name!r}] is in {cohort.units.get(name)!r}, the rules need {unit!r}. "
            "Convert the column in the dataset's loader."
        )
    return cohort.clinical[name].to_numpy(dtype=np.float64, na_value=np.nan)


def _male(cohort: Cohort) -> NDArray[np.float64]:
    if cohort.clinical is None or "sex" not in cohort.clinical.columns:
        return _absent(cohort)
    sex = cohort.clinical["sex"]
    strange = sorted(set(sex.dropna().astype(str)) - {"female", "male"})
    if strange:
        raise ValueError(f"clinical['sex'] holds {strange}, the rules need 'female' and 'male'")
    return np.where(sex.isna(), np.nan, (sex == "male").to_numpy(dtype=np.float64))


def _nuclei(cohort: Cohort) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Give the shares of round and of bilobed nuclei among the cells that were found."""
    if cohort.images is None:
        yield from (("round", _absent(cohort)), ("bilobed", _absent(cohort)))
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
        yield name, np.array([_share(is_shape, size > 0, cohort.images.bag_rows(i)) for i in range(len(cohort))])


def _share(is_shape: NDArray[np.bool_], found: NDArray[np.bool_], rows: NDArray[np.int64]) -> float:
    cells = rows[found[rows]]
    return float(is_shape[cells].mean()) if len(cells) >= _FEWEST_CELLS else float("nan")


def _shift(cohort: Cohort, baseline: Mapping[str, float]) -> NDArray[np.float64]:
    if cohort.genes is None or not baseline:
        return _absent(cohort)
    position = {gene: j for j, gene in enumerate(cohort.gene_names)}
    levels = cohort.genes[:, [position[g] for g in baseline]].astype(np.float64)
    shift = (levels - np.array(list(baseline.values()))).mean(axis=1)
    return np.where(cohort.has("genes"), shift, np.nan)
