"""The part ``genes = "f-test"``."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_selection import f_classif

from baselines.classic import Transform
from baselines.views.gene_values import gene_values, measured_genes
from datasets.cohort import Cohort


@dataclass(frozen=True, kw_only=True)
class FTestGenes:
    """The genes whose means differ most between the classes of train, by F of an analysis of variance.

    Args:
        n_genes: How many.

    Reference: Dudoit et al., "Comparison of discrimination methods for the classification of tumors using gene
    expression data", JASA 2002, https://doi.org/10.1198/016214502753479248. Chosen inside the fold: Ambroise and
    McLachlan, PNAS 2002, https://doi.org/10.1073/pnas.102102699.
    """

    n_genes: Annotated[int, "[1, 1000000]"] = 100
    group: ClassVar[str] = "genes"
    reads_labels: ClassVar[bool] = True

    def lacking(self, cohort: Cohort) -> str:
        """Return what a dataset lacks for this view, "" when it has all."""
        return "" if cohort.genes is not None else "genes"

    def fit(self, train: Cohort) -> Transform:
        """Choose genes by the specimens of ``train`` that have any."""
        known = train.gene_names
        chosen = np.sort(_best(measured_genes(train), train.y[train.has("genes")], self.n_genes))
        columns = [f"genes:{known[j]}" for j in chosen]
        return lambda cohort: pd.DataFrame(gene_values(cohort, known)[:, chosen], columns=columns)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``FTestGenes``."""
    return {"n_genes": trial.suggest_int("n_genes", 10, 1000, log=True)}


def _best(values: NDArray[np.float64], y: NDArray[np.int64], n_genes: int) -> NDArray[np.int64]:
    """Return the positions of the genes of largest F; the first ones where there are no two classes."""
    if len(np.unique(y)) < 2 or len(y) <= len(np.unique(y)):
        return np.arange(min(n_genes, values.shape[1]))
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore")  # a constant gene has no F; it comes last
        ratio = np.nan_to_num(f_classif(values, y)[0], nan=-1.0, posinf=np.finfo(float).max)
    return np.argsort(-ratio, kind="stable")[:n_genes].astype(np.int64)
