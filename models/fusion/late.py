"""The part ``fusion = "late-mean"``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from models.inputs import Tokens
from models.layers import Votes


class MeanOfProbabilities(nn.Module):
    """Average the probabilities of the modalities that are present."""

    def forward(self, tokens: Mapping[str, Tokens], votes: Votes) -> Tensor:
        """Return log probabilities, float (b, n_classes)."""
        each = (votes.logits + votes.bias).log_softmax(dim=2)
        hidden = torch.where(votes.mask[..., None], each, torch.finfo(each.dtype).min)
        return hidden.logsumexp(dim=1) - votes.mask.sum(dim=1, keepdim=True).clamp_min(1).to(each).log()


@dataclass(frozen=True, kw_only=True)
class LateMean:
    """The mean of the probabilities of each modality; what is missing is left out of the mean.

    Reference: J. Kittler et al., "On Combining Classifiers", 1998, https://doi.org/10.1109/34.667881 (sum rule).
    """

    def layer(self, modalities: Sequence[str], dim: int, n_classes: int, dropout: float) -> MeanOfProbabilities:
        """Return the module (modality -> Tokens, Votes) -> log probabilities (b, n_classes)."""
        return MeanOfProbabilities()


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
