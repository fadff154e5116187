"""The part ``genes = "autoencoder"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from datasets.cohort import Cohort
from models.genes.autoencoder_fit import fitted_encoder
from models.inputs import GeneSelection, TrainGenes
from models.layers import ResidualMlp, VectorEncoder


@dataclass(frozen=True, kw_only=True)
class GeneAutoencoder:
    """One token from a small network over the latent of an autoencoder that learned from the genes of train.

    The autoencoder reads no labels and does not change once they are read. Specimens of train that it has not seen say
    how long it learns. With about a hundred patients it reconstructs new ones worse than as many principal components
    do: compare with the view ``pca`` of classic entries.

    Reference: G. E. Hinton, R. R. Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", 2006,
    https://doi.org/10.1126/science.1127647; latents as input of other heads in haematopoiesis:
    https://arxiv.org/abs/2503.20049.
    Differs from the papers in: 20 rather than 256 numbers, one hidden layer beside a linear map.

    Args:
        n_genes: Genes kept, those of largest variance on train; 0 keeps all.
        latent: Size of the latent.
        steps: Most steps of the autoencoder.
        linear: Whether it is linear; its latent then spans that of principal components.
        dropout: Dropout rate of the latent.
    """

    n_genes: Annotated[int, "[0, 1000000]"] = 0
    latent: Annotated[int, "[1, 4096]"] = 20
    steps: Annotated[int, "[1, 100000]"] = 300
    linear: bool = False
    dropout: Annotated[float, "[0, 1)"] = 0.2

    def selection(self, train: Cohort) -> GeneSelection:
        """Return the genes of largest variance on train."""
        return GeneSelection(self.n_genes)

    def encoder(self, genes: TrainGenes, dim: int) -> VectorEncoder:
        """Return the module Batch -> Tokens (b, 1, dim)."""
        values = genes.values.cpu()
        frozen = FrozenLatent(fitted_encoder(values, self.latent, self.steps, linear=self.linear), values)
        return VectorEncoder("genes", nn.Sequential(frozen, ResidualMlp(self.latent, dim, self.dropout)))


class FrozenLatent(nn.Module):
    """Give the latent of an encoder that no longer learns mean 0 and variance 1 on train.

    Args:
        encoder: Module (n, n_genes) -> (n, latent).
        values: float (n, n_genes), standardised genes of train.
    """

    def __init__(self, encoder: nn.Module, values: Tensor) -> None:
        super().__init__()
        self.encoder = encoder.requires_grad_(False).eval()
        with torch.no_grad():
            latent = self.encoder(values)
        spread = latent.std(dim=0, correction=0)
        self.register_buffer("mean", latent.mean(dim=0))
        self.register_buffer("spread", torch.where(spread > 0, spread, 1.0))
        self.mean: Tensor
        self.spread: Tensor

    def forward(self, genes: Tensor) -> Tensor:
        """Return (n, latent) of standardised genes (n, n_genes)."""
        return (self.encoder(genes) - self.mean) / self.spread


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``GeneAutoencoder``."""
    return {
        "latent": trial.suggest_categorical("latent", [8, 20, 50]),
        "linear": trial.suggest_categorical("linear", [False, True]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
    }
