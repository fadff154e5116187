"""The part ``genes = "all"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from baselines.classic import Transform
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
        return lambda cohort: _genes(cohort, known)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}


def _genes(cohort: Cohort, known: tuple[str, ...]) -> pd.DataFrame:
    if cohort.gene_names != known:
        raise ValueError(f"genes: cohort {cohort.name!r} has other gene_names, or another order, than training")
    assert cohort.genes is not None
    values = np.where(cohort.has("genes")[:, None], cohort.genes, np.nan).astype(np.float64)
    return pd.DataFrame(values, columns=[f"genes:{g}" for g in known])
