"""The part ``genes = "pca"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from baselines.classic import Transform
from baselines.views.gene_values import centre_and_scale, gene_values, measured_genes
from datasets.cohort import Cohort


@dataclass(frozen=True, kw_only=True)
class GeneComponents:
    """Principal components of the standardised genes of train.

    Args:
        n_components: At most so many; there are never more than specimens or genes.

    Reference: Pearson, "On lines and planes of closest fit to systems of points in space", Philosophical Magazine
    1901.
    """

    n_components: Annotated[int, "[1, 1000000]"] = 20
    group: ClassVar[str] = "genes"

    def lacking(self, cohort: Cohort) -> str:
        """Return what a dataset lacks for this view, "" when it has all."""
        return "" if cohort.genes is not None else "genes"

    def fit(self, train: Cohort) -> Transform:
        """Find the components of the specimens of ``train`` that have genes."""
        known = train.gene_names
        values = measured_genes(train)
        mean, sd = centre_and_scale(values)
        axes = np.linalg.svd((values - mean) / sd, full_matrices=False)[2][: self.n_components]
        largest = np.abs(axes).argmax(axis=1)
        axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
        columns = [f"genes:component {k + 1}" for k in range(len(axes))]
        return lambda cohort: pd.DataFrame((gene_values(cohort, known) - mean) / sd @ axes.T, columns=columns)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``GeneComponents``."""
    return {"n_components": trial.suggest_int("n_components", 5, 100, log=True)}
