"""The one multimodal network; every torch entry is this skeleton with other parts."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from models.inputs import Batch, Tokens
from models.training import ClassPrior


class FusionNetwork(nn.Module):
    """Encode each modality to tokens, fuse them, classify.

    Args:
        encoders: Modality -> module Batch -> Tokens (b, t, dim); t may differ, dim may not.
        fusion: Module Tokens -> (b, dim).
        head: Module (b, dim) -> logits (b, n_classes).
        prior: What to say without evidence.
    """

    def __init__(
        self, encoders: Mapping[str, nn.Module], fusion: nn.Module, head: nn.Module, prior: ClassPrior
    ) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict(encoders)
        self.fusion = fusion
        self.head = head
        self.prior = prior

    def tokens(self, batch: Batch) -> Tokens:
        """Return the tokens of all modalities side by side, (b, sum of t, dim)."""
        parts = [encoder(batch) for encoder in self.encoders.values()]
        return Tokens(torch.cat([p.values for p in parts], dim=1), torch.cat([p.mask for p in parts], dim=1))

    def forward(self, batch: Batch) -> Tensor:
        """Return logits, float (b, n_classes)."""
        tokens = self.tokens(batch)
        return self.prior(self.head(self.fusion(tokens)), tokens.mask.any(dim=1))
