"""The part ``genes = "set-means"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from baselines.classic import Transform
from baselines.views.gene_values import centre_and_scale, gene_values, measured_genes
from datasets.cohort import Cohort


@dataclass(frozen=True, kw_only=True)
class GeneSetMeans:
    """The mean of the standardised genes of each given gene set.

    Reference: Lee et al., "Inferring pathway activity toward precise disease classification", PLoS Computational
    Biology 2008, https://doi.org/10.1371/journal.pcbi.1000217.
    Differs from the paper in: all genes of a set rather than the most telling ones.
    """

    group: ClassVar[str] = "genes"

    def lacking(self, cohort: Cohort) -> str:
        """Return what a dataset lacks for this view, "" when it has all."""
        if cohort.genes is None:
            return "genes"
        return "" if cohort.gene_sets else "gene sets"

    def fit(self, train: Cohort) -> Transform:
        """Fix sets, means and sd by ``train``."""
        known = train.gene_names
        position = {gene: j for j, gene in enumerate(known)}
        members = np.zeros((len(known), len(train.gene_sets)))
        for k, genes in enumerate(train.gene_sets.values()):
            members[[position[g] for g in genes], k] = 1 / len(genes)
        mean, sd = centre_and_scale(measured_genes(train))
        columns = [f"genes:{name}" for name in train.gene_sets]
        return lambda cohort: pd.DataFrame((gene_values(cohort, known) - mean) / sd @ members, columns=columns)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
