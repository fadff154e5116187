"""Planted data bugs, for audits to find: wrong units, duplicated specimens, bags filed under the wrong patient."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cohort import Cohort
from datasets.simulate.shared import Stream, generator

G_PER_DL, DUPLICATED, SWAPPED = 0.02, 0.01, 0.005
_UNIT_SITE = "B"


@dataclass(frozen=True)
class Bugs:
    """Hold the positions of the affected specimens of a clean cohort, int64 each.

    Attributes:
        hb: Haemoglobin written in g/dL instead of g/L.
        fibrinogen: Fibrinogen written in mg/dL instead of g/L: all of site B.
        duplicated: Registered a second time, under another specimen and patient id.
        swapped: Image bags exchanged between the first two, the next two, ...: pairs of one site, two classes.
    """

    hb: NDArray[np.int64]
    fibrinogen: NDArray[np.int64]
    duplicated: NDArray[np.int64]
    swapped: NDArray[np.int64]


def choose_bugs(cohort: Cohort, seed: int) -> Bugs:
    """Return which specimens of a clean cohort get which bug; at least one row, one duplicate and one pair.

    Of the patients of none of the classes, who come last, only units are wrong, as those of their whole site are.

    Raises:
        ValueError: If the cohort has no clinical table.
    """
    if cohort.clinical is None:
        raise ValueError(f"{cohort.name} has no clinical table to make dirty")
    rng = generator(seed, Stream.DIRT)
    measured = {name: cohort.clinical[name].notna().to_numpy() for name in ("hb", "fibrinogen")}
    of_classes = np.flatnonzero(cohort.known)
    return Bugs(
        hb=_some(rng, np.flatnonzero(measured["hb"] & cohort.known), G_PER_DL),
        fibrinogen=np.flatnonzero(measured["fibrinogen"] & (cohort.domain == _UNIT_SITE)),
        duplicated=_some(rng, of_classes, DUPLICATED),
        swapped=_pairs(rng, cohort[of_classes], max(1, round(SWAPPED * len(of_classes) / 2))),
    )


def with_bugs(cohort: Cohort, bugs: Bugs) -> Cohort:
    """Return the cohort with the bugs; its ``truth`` still describes the data before them."""
    if cohort.clinical is None or cohort.images is None:
        raise ValueError(f"{cohort.name} needs images and a clinical table to make dirty")
    table = cohort.clinical.copy()
    table.loc[bugs.hb, "hb"] /= 10
    table.loc[bugs.fibrinogen, "fibrinogen"] *= 100
    order = np.arange(len(cohort))
    order[bugs.swapped] = bugs.swapped.reshape(-1, 2)[:, ::-1].ravel()
    mixed = replace(cohort, clinical=table, images=cohort.images[order])
    of_classes, odd = np.flatnonzero(cohort.known), np.flatnonzero(~cohort.known)
    new = _copies(cohort, bugs)
    return replace(
        mixed[np.concatenate([of_classes, bugs.duplicated, odd])],
        patient=np.concatenate([cohort.patient[of_classes], new, cohort.patient[odd]]),
        specimen=np.concatenate([cohort.specimen[of_classes], np.char.add(new, "-S1"), cohort.specimen[odd]]),
    )


def list_bugs(cohort: Cohort, bugs: Bugs) -> pd.DataFrame:
    """Return one row a bug: ``bug``, ``specimen`` and ``other`` (the copy, or the specimen it was swapped with).

    Args:
        cohort: The clean cohort.
        bugs: As chosen for it.
    """
    ids, swapped = cohort.specimen, bugs.swapped.reshape(-1, 2)
    copies = np.char.add(_copies(cohort, bugs), "-S1").tolist()
    rows = [("haemoglobin in g/dL", name, "") for name in ids[bugs.hb].tolist()]
    rows += [("fibrinogen in mg/dL", name, "") for name in ids[bugs.fibrinogen].tolist()]
    rows += [
        ("duplicated specimen", name, copy) for name, copy in zip(ids[bugs.duplicated].tolist(), copies, strict=True)
    ]
    rows += [("images of another patient", *pair) for pair in ids[np.vstack([swapped, swapped[:, ::-1]])].tolist()]
    return pd.DataFrame(rows, columns=["bug", "specimen", "other"])


def _copies(cohort: Cohort, bugs: Bugs) -> NDArray[np.str_]:
    """Return the patient ids under which duplicated specimens are registered again."""
    return np.array([f"P{cohort.known.sum() + k:05d}" for k in range(len(bugs.duplicated))])


def _some(rng: np.random.Generator, among: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    count = min(len(among), max(1, round(share * len(among))))
    return np.sort(rng.choice(among, count, replace=False))


def _pairs(rng: np.random.Generator, cohort: Cohort, count: int) -> NDArray[np.int64]:
    """Return 2 * count positions, pair after pair, of one site and two classes each; fewer where there are not."""
    chosen: list[int] = []
    for first in rng.permutation(len(cohort)).tolist():
        fit = (cohort.domain == cohort.domain[first]) & (cohort.y != cohort.y[first])
        fit[chosen] = False
        if len(chosen) == 2 * count:
            break
        if first not in chosen and fit.any():
            chosen += [first, int(rng.choice(np.flatnonzero(fit)))]
    return np.array(chosen, dtype=np.int64)
