"""Fuse one token of each modality by attention over those that are present."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from models.inputs import Tokens
from models.layers import GatedAttention


class AttentionFusion(nn.Module):
    """Add up tokens with gated weights that sum to the number of tokens present.

    An average would dilute what modalities agree on; a sum lets their evidence add up, as independent
    evidence does in Bayes' rule.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.attention = GatedAttention(dim, dim // 2)

    def forward(self, tokens: Tokens) -> Tensor:
        """Return fused tokens (b, d); zero where nothing is present."""
        return self.attention(tokens) * tokens.mask.sum(dim=1, keepdim=True)


@dataclass(frozen=True, kw_only=True)
class Attention:
    """A sum of the tokens with learned, gated weights.

    Reference: M. Ilse et al., "Attention-based Deep Multiple Instance Learning", 2018,
    https://arxiv.org/abs/1802.04712, for the gate; here its instances are modalities.
    """

    def layer(self, dim: int, dropout: float) -> AttentionFusion:
        """Return the module Tokens -> (b, dim)."""
        return AttentionFusion(dim)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
