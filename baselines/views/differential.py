"""The part ``cells = "differential"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.classic import Transform
from datasets.cohort import Cohort, ImageBags


@dataclass(frozen=True, kw_only=True)
class Differential:
    """Share of each cell type in the bag, as a technician, or an analyser that one corrected, named the cells.

    The types are human work, not a measurement of the image, so a dataset without them is refused. A specimen without
    images is NaN; a type that training did not have has no column.
    """

    group: ClassVar[str] = "differential"
    required: ClassVar[bool] = True

    def lacking(self, cohort: Cohort) -> str:
        """Return what a dataset lacks for this view, "" when it has all."""
        there = cohort.images is not None and cohort.images.cell_type is not None
        return "" if there else "images.cell_type"

    def fit(self, train: Cohort) -> Transform:
        """Fix the cell types by the bags of ``train``."""
        types = _types_present(train.images)
        return lambda cohort: _differential(cohort, types)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}


def _differential(cohort: Cohort, types: tuple[str, ...]) -> pd.DataFrame:
    assert cohort.images is not None
    shares = [_shares(cohort.images, i, types) for i in range(len(cohort))]
    columns = [f"differential:{t}" for t in types]
    return pd.DataFrame(np.reshape(shares, (len(cohort), len(columns))), columns=columns)


def _types_present(images: ImageBags | None) -> tuple[str, ...]:
    assert images is not None and images.cell_type is not None
    return tuple(np.unique(images.cell_type[images.all_rows()]).tolist())


def _shares(images: ImageBags, i: int, types: tuple[str, ...]) -> NDArray[np.float64]:
    assert images.cell_type is not None
    names = images.cell_type[images.bag_rows(i)]
    if not len(names):
        return np.full(len(types), np.nan)
    return np.array([(names == t).mean() for t in types], dtype=np.float64)
