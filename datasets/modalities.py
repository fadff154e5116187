"""Views of a cohort with some modalities taken away."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import numpy as np
import pandas as pd

from datasets.cohort import MODALITIES, Cohort
from datasets.errors import CohortError
from datasets.image_bags import ImageBags


def subsets(cohort: Cohort) -> tuple[tuple[str, ...], ...]:
    """Return every non-empty subset of the modalities that the cohort has, small ones first: seven of three."""
    have = cohort.modalities
    return tuple(chosen for size in range(1, len(have) + 1) for chosen in combinations(have, size))


def only(cohort: Cohort, subset: Iterable[str]) -> Cohort:
    """Return a view in which specimens have no modality outside ``subset``, as if it had not been measured.

    Bags are then empty, genes absent and zero, clinical values missing. Shapes, columns and ids stay.

    Raises:
        CohortError: If ``subset`` names a modality that the cohort does not have.
    """
    kept = set(subset)
    strangers = sorted(kept - set(cohort.modalities))
    if strangers:
        raise CohortError("modalities", f"{cohort.name} has no {strangers}", remedy=f"It has {cohort.modalities}.")
    view = cohort[np.arange(len(cohort))]
    parts: dict[str, object] = {"present": cohort.present & np.isin(MODALITIES, list(kept))}
    if "images" not in kept and cohort.images is not None:
        parts["images"] = _empty_bags(cohort.images)
    if "genes" not in kept and cohort.genes is not None:
        parts["genes"] = np.zeros_like(cohort.genes)
    if "clinical" not in kept and cohort.clinical is not None:
        parts["clinical"] = _all_missing(cohort.clinical)
    vars(view).update(parts)
    return view


def _empty_bags(bags: ImageBags) -> ImageBags:
    return ImageBags(bags.pixels, np.zeros(len(bags) + 1, np.int64), np.zeros(0, np.int64), bags.cell_type)


def _all_missing(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table without values; category columns keep their categories, numbers become float64."""
    blank = {
        name: pd.Categorical.from_codes(np.full(len(table), -1), dtype=column.dtype)
        if isinstance(column.dtype, pd.CategoricalDtype)
        else np.full(len(table), np.nan)
        for name, column in table.items()
    }
    return pd.DataFrame(blank, index=table.index)
