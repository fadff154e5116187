"""What a network says of a batch while it is trained."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from models.inputs import Batch


class Outputs(NamedTuple):
    """Hold the answer of all modalities together and of each alone.

    Attributes:
        logits: float (b, n_classes).
        votes: float (b, n_modalities, n_classes), what each modality says alone.
        heard: bool (b, n_modalities), which of them are present.
    """

    logits: Tensor
    votes: Tensor
    heard: Tensor


class Speaks(Protocol):
    """A network that says what each modality says alone."""

    def outputs(self, batch: Batch) -> Outputs: ...


def expert_loss(outputs: Outputs, y: Tensor, weight: Tensor, smoothing: float) -> Tensor:
    """Return the mean over specimens of weight times the summed cross-entropy of the modalities present, a scalar.

    Args:
        y: int64 (b,). weight: float (b,).
        smoothing: Label smoothing.
    """
    count = outputs.votes.shape[1]
    each = F.cross_entropy(
        outputs.votes.flatten(0, 1), y.repeat_interleave(count), reduction="none", label_smoothing=smoothing
    )
    return (weight * torch.where(outputs.heard, each.view(-1, count), 0).sum(dim=1)).mean()
