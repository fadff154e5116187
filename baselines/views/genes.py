"""The part ``genes = "all"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from baselines.classic import Transform
from baselines.views.gene_values import gene_values
from datasets.cohort import Cohort


@dataclass(frozen=True, kw_only=True)
class AllGenes:
    """One column a gene, as measured; NaN for a specimen without genes."""

    group: ClassVar[str] = "genes"

    def lacking(self, cohort: Cohort) -> str:
        """Return what a dataset lacks for this view, "" when it has all."""
        return "" if cohort.genes is not None else "genes"

    def fit(self, train: Cohort) -> Transform:
        """Fix the genes by ``train``."""
        known = train.gene_names
        columns = [f"genes:{g}" for g in known]
        return lambda cohort: pd.DataFrame(gene_values(cohort, known), columns=columns)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
