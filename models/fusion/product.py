"""The part ``fusion = "product-of-experts"``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from models.inputs import Tokens
from models.layers import Votes


class Product(nn.Module):
    """Add the log-odds of the modalities that are present to a bias of each class."""

    def forward(self, tokens: Mapping[str, Tokens], votes: Votes) -> Tensor:
        """Return logits, float (b, n_classes)."""
        return votes.product()


@dataclass(frozen=True, kw_only=True)
class ProductOfExperts:
    """The sum of what each modality says alone, in log-odds; what is missing is left out of the sum.

    Reference: G. E. Hinton, "Training Products of Experts by Minimizing Contrastive Divergence", 2002,
    https://doi.org/10.1162/089976602760128018.
    Differs from the paper in: experts are classifiers, trained together by cross-entropy.
    """

    def layer(self, modalities: Sequence[str], dim: int, n_classes: int, dropout: float) -> Product:
        """Return the module (modality -> Tokens, Votes) -> logits (b, n_classes)."""
        return Product()


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
