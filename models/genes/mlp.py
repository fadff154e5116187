"""The part ``genes = "mlp"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from datasets.cohort import Cohort
from models.inputs import GeneSelection, TrainGenes
from models.layers import ResidualMlp, VectorEncoder


@dataclass(frozen=True, kw_only=True)
class GeneMlp:
    """One token from a network of one hidden layer over the genes that differ most between the classes on train.

    Args:
        n_genes: Genes kept; 0 keeps all.
        choice: What decides which are kept: "f-test", or "variance", which does not look at labels.
        dropout: Dropout rate of gene values, high because genes outnumber patients.
    """

    n_genes: Annotated[int, "[0, 1000000]"] = 64
    choice: Literal["variance", "f-test"] = "f-test"
    dropout: Annotated[float, "[0, 1)"] = 0.5

    def selection(self, train: Cohort) -> GeneSelection:
        """Return the genes that ``choice`` puts first."""
        return GeneSelection(self.n_genes, choice=self.choice)

    def encoder(self, genes: TrainGenes, dim: int) -> VectorEncoder:
        """Return the module Batch -> Tokens (b, 1, dim)."""
        return VectorEncoder("genes", ResidualMlp(len(genes.names), dim, self.dropout))


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``GeneMlp``."""
    return {
        "n_genes": trial.suggest_categorical("n_genes", [32, 64, 256]),
        "dropout": trial.suggest_float("dropout", 0.1, 0.9),
    }
