"""The part ``genes = "set-means"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from torch import nn

from datasets.cohort import Cohort
from models.inputs import GeneSelection, TrainGenes, set_selection
from models.layers import GroupMeans, ResidualMlp, VectorEncoder, gene_groups


@dataclass(frozen=True, kw_only=True)
class SetMeans:
    """One token from a small network over the mean of each given gene set, or over single genes without sets.

    Reference: S. Haenzelmann, R. Castelo, J. Guinney, "GSVA: gene set variation analysis for microarray and RNA-Seq
    data", 2013, https://doi.org/10.1186/1471-2105-14-7 (a sample is described by scores of gene sets).
    Differs from the paper in: a score is the mean of standardised genes.

    Args:
        n_genes: Genes kept where no sets are given, by the F statistic of the classes on train.
        dropout: Dropout rate of set means.
    """

    n_genes: Annotated[int, "[1, 1000000]"] = 64
    dropout: Annotated[float, "[0, 1)"] = 0.2

    def selection(self, train: Cohort) -> GeneSelection:
        """Return the members of the given gene sets, else the genes that differ most between the classes."""
        return set_selection(train, self.n_genes)

    def encoder(self, genes: TrainGenes, dim: int) -> VectorEncoder:
        """Return the module Batch -> Tokens (b, 1, dim)."""
        groups = gene_groups(genes.names, genes.sets, len(genes.names))
        means = GroupMeans(groups, genes.values, genes.y)
        return VectorEncoder("genes", nn.Sequential(means, ResidualMlp(len(groups), dim, self.dropout)))


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``SetMeans``."""
    return {
        "n_genes": trial.suggest_categorical("n_genes", [32, 64, 256]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
    }
