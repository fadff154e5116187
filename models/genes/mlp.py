"""The part ``genes = "mlp"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datasets.cohort import Cohort
from models.inputs import TrainGenes
from models.layers import VectorEncoder, mlp


@dataclass(frozen=True, kw_only=True)
class GeneMlp:
    """One token from a network of one hidden layer over the genes that vary most on train.

    Args:
        n_genes: Genes kept, by train variance; 0 keeps all.
        dropout: Dropout rate of gene values. It is high because genes outnumber patients: without it a network
            learns train by heart from genes and stops before it has read the other modalities.
    """

    n_genes: int = 256
    dropout: float = 0.8

    def first_genes(self, train: Cohort) -> frozenset[str]:
        """Return no genes: only variance decides which are kept."""
        return frozenset()

    def encoder(self, genes: TrainGenes, dim: int) -> VectorEncoder:
        """Return the module Batch -> Tokens (b, 1, dim)."""
        return VectorEncoder("genes", mlp(len(genes.names), dim, self.dropout))


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``GeneMlp``."""
    return {"dropout": trial.suggest_float("dropout", 0.3, 0.9)}
