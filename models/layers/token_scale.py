"""Tokens of all modalities with one size at the start of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from models.inputs import Tokens

_SMALLEST = 1e-6


class TokenScale(nn.Module):
    """Divide the tokens of each modality by one number that is measured once, before training.

    The number is the standard deviation of token values between specimens: what a modality says differs as much as
    what another one says, and the size of a shift is kept.

    Attributes:
        sizes: float (n_modalities,), buffers, in the order of ``modalities``.
    """

    def __init__(self, modalities: Sequence[str]) -> None:
        super().__init__()
        self.modalities = tuple(modalities)
        self.register_buffer("sizes", torch.ones(len(self.modalities)))
        self.sizes: Tensor

    def measure(self, tokens: Mapping[str, Tokens]) -> None:
        """Take the sizes from a batch; a modality that no specimen of it has, or that is constant, keeps 1."""
        for i, name in enumerate(self.modalities):
            values, mask = tokens[name]
            if bool(mask.any()):
                found = spread(values, mask)
                self.sizes[i] = found if found > _SMALLEST else 1.0

    def forward(self, tokens: Mapping[str, Tokens]) -> dict[str, Tokens]:
        """Return tokens of the same shapes."""
        named = zip(self.modalities, self.sizes, strict=True)
        return {name: Tokens(tokens[name].values / size, tokens[name].mask) for name, size in named}


def spread(values: Tensor, mask: Tensor) -> Tensor:
    """Return the root mean square distance of token values (b, t, d) from the mean of their place over specimens."""
    kept = mask[..., None].to(values)
    mean = (values * kept).sum(dim=0) / kept.sum(dim=0).clamp_min(1)
    squares = ((values - mean).square() * kept).sum()
    return (squares / (kept.sum() * values.shape[-1]).clamp_min(1)).sqrt()
