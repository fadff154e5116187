"""The part ``fusion = "attention"``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from models.inputs import Tokens
from models.layers import GatedAttention, Votes, mean_token


class AttentionFusion(nn.Module):
    """Weigh what each modality says alone by attention, with weights that sum to the number of modalities present.

    An average would dilute what modalities agree on; a sum lets their evidence add up, as independent
    evidence does in Bayes' rule. All weights start equal.
    """

    def __init__(self, dim: int, dropout: float) -> None:
        super().__init__()
        self.attention = GatedAttention(dim, dim // 2)
        nn.init.zeros_(self.attention.score.weight)
        self.dropout = nn.Dropout(dropout)

    def weights(self, tokens: Mapping[str, Tokens]) -> Tensor:
        """Return the weight of each modality, float (b, n_modalities); rows sum to 1, absent ones are 0."""
        each = _one_each(tokens)
        return self.attention.weights(Tokens(self.dropout(each.values), each.mask))

    def forward(self, tokens: Mapping[str, Tokens], votes: Votes) -> Tensor:
        """Return logits, float (b, n_classes)."""
        weights = self.weights(tokens) * votes.mask.sum(dim=1, keepdim=True)
        return votes.bias + (weights[..., None] * votes.logits).sum(dim=1)


def _one_each(tokens: Mapping[str, Tokens]) -> Tokens:
    values = [mean_token(t.values, t.mask) for t in tokens.values()]
    masks = [t.mask.any(dim=1) for t in tokens.values()]
    return Tokens(torch.stack(values, dim=1), torch.stack(masks, dim=1))


@dataclass(frozen=True, kw_only=True)
class Attention:
    """A sum of what each modality says alone, with weights that are learned and depend on the patient.

    Reference: M. Ilse et al., "Attention-based Deep Multiple Instance Learning", 2018,
    https://arxiv.org/abs/1802.04712, for the gate; here its instances are modalities, and it weighs log-odds.
    """

    def layer(self, modalities: Sequence[str], dim: int, n_classes: int, dropout: float) -> AttentionFusion:
        """Return the module (modality -> Tokens, Votes) -> logits (b, n_classes)."""
        return AttentionFusion(dim, dropout)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
