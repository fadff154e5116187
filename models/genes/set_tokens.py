"""The part ``genes = "set-tokens"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from datasets.cohort import Cohort
from models.inputs import GeneSelection, TrainGenes, set_selection
from models.layers import GroupMeans, GroupTokens, gene_groups


@dataclass(frozen=True, kw_only=True)
class SetTokens:
    """One token of each given gene set, or of runs of single genes where there are no sets.

    A token is a linear map of the set's genes that starts as their mean times one direction, and is not normalised, so
    that the size of a shift is kept.

    Args:
        n_genes: Genes kept where no sets are given, by the F statistic of the classes on train.
        dropout: Dropout rate of gene values.
        runs: Tokens where no sets are given.
    """

    n_genes: Annotated[int, "[1, 1000000]"] = 64
    dropout: Annotated[float, "[0, 1)"] = 0.2
    runs: Annotated[int, "[1, 1000000]"] = 16

    def selection(self, train: Cohort) -> GeneSelection:
        """Return the members of the given gene sets, else the genes that differ most between the classes."""
        return set_selection(train, self.n_genes)

    def encoder(self, genes: TrainGenes, dim: int) -> GroupTokens:
        """Return the module Batch -> Tokens (b, sets or runs, dim)."""
        groups = gene_groups(genes.names, genes.sets, self.runs)
        means = GroupMeans(groups, genes.values, genes.y) if genes.sets else None
        return GroupTokens("genes", groups, dim, self.dropout, means)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``SetTokens``."""
    return {
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
        "runs": trial.suggest_categorical("runs", [8, 16, 32]),
    }
