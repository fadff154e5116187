"""What a network says of a batch while it is trained."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from models.inputs import Batch, Tokens


class Outputs(NamedTuple):
    """Hold the answer of all modalities together and of each alone.

    Attributes:
        logits: float (b, n_classes).
        votes: float (b, n_modalities, n_classes), what each modality says alone.
        heard: bool (b, n_modalities), which of them are present.
        cells: What each image token alone says, (b, k, n_classes): each cell where cells are not pooled; None without
            images.
    """

    logits: Tensor
    votes: Tensor
    heard: Tensor
    cells: Tokens | None = None


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


def cell_loss(cells: Tokens, y: Tensor, weight: Tensor, smoothing: float) -> Tensor:
    """Return the mean over specimens of weight times the mean cross-entropy of their cells, a scalar.

    Every cell has the label of its specimen; a specimen without cells adds nothing.

    Args:
        cells: Logits (b, k, n_classes).
        y: int64 (b,). weight: float (b,).
        smoothing: Label smoothing.
    """
    values, mask = cells
    label = y[:, None].expand(mask.shape)[mask]
    each = torch.zeros(mask.shape, dtype=values.dtype, device=values.device)
    each[mask] = F.cross_entropy(values[mask], label, reduction="none", label_smoothing=smoothing)
    return (weight * each.sum(dim=1) / mask.sum(dim=1).clamp_min(1)).mean()
