"""The one multimodal network; every torch entry is this skeleton with other parts."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from models.inputs import Batch, Tokens
from models.layers import Experts, TokenScale
from models.training import ClassPrior, Outputs


class FusionNetwork(nn.Module):
    """Encode each modality to tokens, give them one size, let each modality speak alone, fuse them.

    Args:
        encoders: Modality -> module Batch -> Tokens (b, t, dim); t may differ, dim may not.
        fusion: Module (modality -> Tokens, Votes) -> logits (b, n_classes).
        dim: Size of tokens.
        prior: What to say without evidence.
    """

    def __init__(self, encoders: Mapping[str, nn.Module], fusion: nn.Module, dim: int, prior: ClassPrior) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict(encoders)
        self.scale = TokenScale(tuple(encoders))
        self.experts = Experts(tuple(encoders), dim, len(prior.log_prior))
        self.fusion = fusion
        self.prior = prior

    def encoded(self, batch: Batch) -> dict[str, Tokens]:
        """Return modality -> tokens (b, t, dim) as the encoders make them."""
        return {name: encoder(batch) for name, encoder in self.encoders.items()}

    def measure(self, batch: Batch) -> None:
        """Take the sizes of tokens from a batch, before training."""
        self.eval()
        with torch.no_grad():
            self.scale.measure(self.encoded(batch))

    def tokens(self, batch: Batch) -> dict[str, Tokens]:
        """Return modality -> tokens (b, t, dim) of one size."""
        return self.scale(self.encoded(batch))

    def outputs(self, batch: Batch) -> Outputs:
        """Return what all modalities say together and what each says alone."""
        tokens = self.tokens(batch)
        votes = self.experts(tokens)
        return Outputs(self.prior(self.fusion(tokens, votes), votes.mask.any(dim=1)), votes.logits, votes.mask)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits, float (b, n_classes)."""
        return self.outputs(batch).logits
