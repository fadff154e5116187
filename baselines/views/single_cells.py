"""The part ``cells = "single-cells"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from baselines.classic import Transform
from baselines.views.cell_tables import cell_table
from datasets.cohort import Cohort
from datasets.morphology import FEATURES, cached_cell_features


@dataclass(frozen=True, kw_only=True)
class SingleCells:
    """The hand-crafted features of each cell: the learner judges cells, a specimen gets the mean of their logits.

    It needs a combiner of separate modalities, which also learns how much a mean of cells is worth.

    Reference: Sidhom et al., "Deep learning for diagnosis of acute promyelocytic leukemia via recognition of
    genomically imprinted morphologic features", npj Precision Oncology 2021 (patients as averages of their cells).
    """

    group: ClassVar[str] = "cells"
    kept_features: ClassVar[bool] = True

    def lacking(self, cohort: Cohort) -> str:
        """Return what a dataset lacks for this view, "" when it has all."""
        return "" if cohort.images is not None else "images"

    def fit(self, train: Cohort) -> Transform:
        """Return the table; nothing is learned."""
        return _table


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}


def _table(cohort: Cohort) -> pd.DataFrame:
    assert cohort.images is not None
    cells = cached_cell_features(cohort.images.pixels)[cohort.images.all_rows()]
    return cell_table(cohort.images, cells, FEATURES)
