"""The part ``cells = "handcrafted"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.classic import Transform
from baselines.features import FEATURES, cached_cell_features
from datasets.cohort import Cohort

AGGREGATES = ("mean", "sd", "p10", "p50", "p90")


@dataclass(frozen=True, kw_only=True)
class HandcraftedCells:
    """Mean, sd and 10th, 50th, 90th percentile of size, shape, colour and texture over a specimen's cells.

    A specimen without images is NaN.

    Reference: Tavakoli et al., "New segmentation and feature extraction algorithm for classification of white blood
    cells in peripheral smear images", Scientific Reports 2021, https://doi.org/10.1038/s41598-021-98599-0.
    Differs from the paper in: features of many cells aggregated.
    """

    group: ClassVar[str] = "cells"
    kept_features: ClassVar[bool] = True

    def lacking(self, cohort: Cohort) -> str:
        """Return what a dataset lacks for this view, "" when it has all."""
        return "" if cohort.images is not None else "images"

    def fit(self, train: Cohort) -> Transform:
        """Return the table; nothing is learned."""
        return cells_table


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}


def cells_table(cohort: Cohort) -> pd.DataFrame:
    """Return aggregates of the cell features of each specimen, float64 (n, 5 x len(FEATURES)); NaN for empty bags."""
    assert cohort.images is not None
    features = cached_cell_features(cohort.images.pixels)
    rows = [_aggregate(features[cohort.images.bag_rows(i)]) for i in range(len(cohort))]
    columns = [f"cells:{f}:{a}" for a in AGGREGATES for f in FEATURES]
    return pd.DataFrame(np.reshape(rows, (len(cohort), len(columns))), columns=columns)


def _aggregate(cells: NDArray[np.float32]) -> NDArray[np.float64]:
    if not len(cells):
        return np.full(len(AGGREGATES) * cells.shape[1], np.nan)
    cells = cells.astype(np.float64)
    quantiles = np.percentile(cells, (10, 50, 90), axis=0)
    return np.concatenate([cells.mean(axis=0), cells.std(axis=0), *quantiles])
