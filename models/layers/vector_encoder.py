"""From a gene or clinical vector to tokens."""

from __future__ import annotations

from torch import Tensor, nn

from datasets.cohort import MODALITIES
from models.inputs import Batch, Tokens


def read(batch: Batch, modality: str) -> tuple[Tensor, Tensor]:
    """Return the vectors (b, n_features) of a modality and who has it, bool (b,)."""
    values = batch.genes if modality == "genes" else batch.clinical
    return values, batch.present[:, MODALITIES.index(modality)]


class VectorEncoder(nn.Module):
    """Make one token of a vector.

    Args:
        modality: "genes" or "clinical".
        network: Module (b, n_features) -> (b, dim).
    """

    def __init__(self, modality: str, network: nn.Module) -> None:
        super().__init__()
        self.modality = modality
        self.network = network

    def forward(self, batch: Batch) -> Tokens:
        """Return tokens (b, 1, dim)."""
        values, present = read(batch, self.modality)
        return Tokens(self.network(values)[:, None], present[:, None])


def mlp(n_features: int, dim: int, dropout: float) -> nn.Sequential:
    """Return a network of one hidden layer, (b, n_features) -> (b, dim), with dropout on its inputs.

    It has no normalisation: a small output for a vector that says little leaves other modalities their say.
    """
    return nn.Sequential(nn.Dropout(dropout), nn.Linear(n_features, dim), nn.GELU(), nn.Linear(dim, dim))
