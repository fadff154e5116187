"""The part ``cells = "handcrafted"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from baselines.classic import Transform
from baselines.views.cell_tables import Statistics, specimen_table
from datasets.cohort import Cohort
from datasets.morphology import FEATURES, cached_cell_features


@dataclass(frozen=True, kw_only=True)
class HandcraftedCells:
    """Size, shape, colour and texture of cells, over a specimen's cells: their mean, and more.

    A specimen without images is NaN.

    Args:
        statistics: "mean", "mean-sd", or "quantiles": mean, sd and 10th, 50th, 90th percentile.

    Reference: Tavakoli et al., "New segmentation and feature extraction algorithm for classification of white blood
    cells in peripheral smear images", Scientific Reports 2021, https://doi.org/10.1038/s41598-021-98599-0.
    Differs from the paper in: features of many cells aggregated.
    """

    statistics: Literal["mean", "mean-sd", "quantiles"] = "quantiles"
    group: ClassVar[str] = "cells"
    kept_features: ClassVar[bool] = True

    def lacking(self, cohort: Cohort) -> str:
        """Return what a dataset lacks for this view, "" when it has all."""
        return "" if cohort.images is not None else "images"

    def fit(self, train: Cohort) -> Transform:
        """Return the table; nothing is learned."""
        return lambda cohort: _table(cohort, self.statistics)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``HandcraftedCells``."""
    return {"statistics": trial.suggest_categorical("statistics", ["mean", "mean-sd", "quantiles"])}


def _table(cohort: Cohort, statistics: Statistics) -> Any:
    assert cohort.images is not None
    cells = cached_cell_features(cohort.images.pixels)[cohort.images.all_rows()]
    return specimen_table(cohort.images, cells, FEATURES, statistics)
