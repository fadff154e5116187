"""One linear head for each modality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.inputs import Tokens
from models.layers.discriminant import shrunk_discriminants
from models.layers.shares import Start
from models.layers.silent import silent_linear


class Votes(NamedTuple):
    """Hold what each modality says alone.

    Attributes:
        logits: float (b, n_modalities, n_classes), evidence for each class, zero where a modality is absent.
        mask: bool (b, n_modalities), True where a modality is present.
        bias: float (n_classes,), what is said before any evidence.
    """

    logits: Tensor
    mask: Tensor
    bias: Tensor

    def product(self) -> Tensor:
        """Return the bias plus the evidence of the modalities present, (b, n_classes)."""
        return self.bias + self.logits.sum(dim=1)


class Experts(nn.Module):
    """Read each modality by a head of its own, which starts silent: the mean over its tokens of a linear map of each.

    Cells that were not pooled thus vote, and the votes are averaged as logits.

    Args:
        bias: float (n_classes,), where the bias starts.
    """

    def __init__(self, modalities: Sequence[str], dim: int, bias: Tensor) -> None:
        super().__init__()
        self.bias = nn.Parameter(bias.clone())
        self.heads = nn.ModuleDict({name: silent_linear(dim, len(bias)) for name in modalities})

    def start(self, name: str, tokens: Tensor, y: Tensor, start: Start) -> None:
        """Set the head of a modality to a share of the log-likelihoods of a shrunk linear discriminant.

        So few patients teach a head more in this way than by gradient steps from random weights. A class that is not in
        ``y`` gets no evidence.

        Args:
            tokens: float (n, dim), the mean token of each specimen of train that has the modality.
            y: int64 (n,).
        """
        head = self.heads[name]
        assert isinstance(head, nn.Linear)
        ((weight, bias),) = shrunk_discriminants(tokens, y, len(self.bias), [start.shrinkage])
        with torch.no_grad():
            head.weight.copy_(start.share * weight)
            head.bias.copy_(start.share * bias)

    def forward(self, tokens: Mapping[str, Tokens]) -> Votes:
        """Return the votes of the modalities, in the order of ``modalities``."""
        masks = [tokens[name].mask.any(dim=1) for name in self.heads]
        logits = [mean_token(head(tokens[name].values), tokens[name].mask) for name, head in self.heads.items()]
        return Votes(torch.stack(logits, dim=1), torch.stack(masks, dim=1), self.bias)

    def each(self, name: str, tokens: Tokens) -> Tokens:
        """Return what each token of a modality would say if it were all there is, logits (b, t, n_classes)."""
        return Tokens(self.bias + self.heads[name](tokens.values), tokens.mask)


def mean_token(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of tokens (b, t, d) over those that exist, (b, d); zero where none does."""
    kept = torch.where(mask[..., None], values, 0).sum(dim=1)
    return kept / mask.sum(dim=1, keepdim=True).clamp_min(1)
