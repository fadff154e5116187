"""Pool a set of tokens by learned weights.

Reference: M. Ilse, J. M. Tomczak, M. Welling, "Attention-based Deep Multiple Instance Learning", 2018,
https://arxiv.org/abs/1802.04712.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.inputs import Tokens


class GatedAttention(nn.Module):
    """Average tokens with weights softmax(w . (tanh(V x) * sigmoid(U x))) over those that exist.

    Used over the cells of a bag and over the modalities of a specimen.
    """

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.value = nn.Linear(dim, hidden)
        self.gate = nn.Linear(dim, hidden)
        self.score = nn.Linear(hidden, 1, bias=False)

    def weights(self, tokens: Tokens) -> Tensor:
        """Return weights (b, t): they sum to 1, are 0 where the mask is False, all 0 for an empty set."""
        x = tokens.values
        score = self.score(torch.tanh(self.value(x)) * torch.sigmoid(self.gate(x)))[..., 0]
        score = score.masked_fill(~tokens.mask, torch.finfo(score.dtype).min)
        return score.softmax(dim=1) * tokens.mask

    def forward(self, tokens: Tokens) -> Tensor:
        """Return pooled tokens (b, d); zero for an empty set."""
        return (self.weights(tokens)[..., None] * tokens.values).sum(dim=1)
