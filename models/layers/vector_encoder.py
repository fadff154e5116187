"""From a gene or clinical vector to tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from datasets.cohort import MODALITIES
from models.inputs import Batch, Tokens
from models.layers.silent import is_silent, silent_linear


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


class ResidualMlp(nn.Module):
    """Add a network of one hidden layer, which starts at zero, to a rotation of the input; dropout on the input.

    At the start nothing of up to ``dim`` features is lost or bent, so that a linear head can read them.
    It has no normalisation: the size of a shift is kept.
    """

    def __init__(self, n_features: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.dim = dim
        self.dropout = nn.Dropout(dropout)
        self.straight = nn.Linear(n_features, dim, bias=False)
        nn.init.orthogonal_(self.straight.weight)
        self.hidden = nn.Linear(n_features, dim)
        self.bent = silent_linear(dim, dim)

    def forward(self, features: Tensor) -> Tensor:
        """Return (m, dim) of features (m, n_features)."""
        x = self.dropout(features)
        return self.straight(x) + self.bent(nn.functional.gelu(self.hidden(x)))

    def averaged(self, features: Tensor, weights: Tensor) -> Tensor:
        """Return the weighted mean of the outputs, (m, dim), of features (m, p, n_features); weights (m, p) sum to 1.

        What is linear is done once a mean, and what is still silent not at all.
        """
        x = self.dropout(features)
        mean = self.straight(_weighed(x, weights))
        if not self.training and is_silent(self.bent):
            return mean + self.bent.bias
        return mean + self.bent(_weighed(nn.functional.gelu(self.hidden(x)), weights))


def _weighed(values: Tensor, weights: Tensor) -> Tensor:
    return torch.einsum("mp,mpf->mf", weights, values)
