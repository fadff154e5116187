"""The part ``genes = "set-tokens"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datasets.cohort import Cohort
from models.inputs import TrainGenes, set_members
from models.layers import GroupTokens, gene_groups


@dataclass(frozen=True, kw_only=True)
class SetTokens:
    """One token of each given gene set, and of each run of other genes by train variance.

    Args:
        n_genes: Genes kept, members of sets first, then by train variance; 0 keeps all.
        dropout: Dropout rate of gene values, high because genes outnumber patients.
        runs: Runs of genes that are in no gene set.
    """

    n_genes: int = 256
    dropout: float = 0.8
    runs: int = 16

    def first_genes(self, train: Cohort) -> frozenset[str]:
        """Return the members of the given gene sets."""
        return set_members(train)

    def encoder(self, genes: TrainGenes, dim: int) -> GroupTokens:
        """Return the module Batch -> Tokens (b, sets + runs, dim)."""
        return GroupTokens("genes", gene_groups(genes.names, genes.sets, self.runs), dim, self.dropout)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``SetTokens``."""
    return {
        "dropout": trial.suggest_float("dropout", 0.3, 0.9),
        "runs": trial.suggest_categorical("runs", [8, 16, 32]),
    }
