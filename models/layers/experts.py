"""One linear head for each modality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.inputs import Tokens


class Votes(NamedTuple):
    """Hold what each modality says alone.

    Attributes:
        logits: float (b, n_modalities, n_classes), zero where a modality is absent.
        mask: bool (b, n_modalities), True where a modality is present.
    """

    logits: Tensor
    mask: Tensor


class Experts(nn.Module):
    """Read each modality by a head of its own: the mean over its tokens of a linear map of each.

    Cells that were not pooled thus vote, and the votes are averaged as logits.
    """

    def __init__(self, modalities: Sequence[str], dim: int, n_classes: int) -> None:
        super().__init__()
        self.heads = nn.ModuleDict({name: nn.Linear(dim, n_classes) for name in modalities})

    def forward(self, tokens: Mapping[str, Tokens]) -> Votes:
        """Return the votes of the modalities, in the order of ``modalities``."""
        logits = [mean_token(head(tokens[name].values), tokens[name].mask) for name, head in self.heads.items()]
        masks = [tokens[name].mask.any(dim=1) for name in self.heads]
        return Votes(torch.stack(logits, dim=1), torch.stack(masks, dim=1))


def mean_token(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of tokens (b, t, d) over those that exist, (b, d); zero where none does."""
    kept = torch.where(mask[..., None], values, 0).sum(dim=1)
    return kept / mask.sum(dim=1, keepdim=True).clamp_min(1)
