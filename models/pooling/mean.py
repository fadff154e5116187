"""The part ``pooling = "mean"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from models.inputs import Tokens
from models.layers import mean_token


class MeanPooling(nn.Module):
    """Average the cells of a bag."""

    def forward(self, tokens: Tokens) -> Tensor:
        """Return (b, dim); zero for an empty bag."""
        return mean_token(tokens.values, tokens.mask)


@dataclass(frozen=True, kw_only=True)
class Mean:
    """The average of the cells.

    Reference: X. Wang et al., "Revisiting Multiple Instance Neural Networks", 2018,
    https://doi.org/10.1016/j.patcog.2017.08.026.
    """

    def layer(self, dim: int) -> MeanPooling:
        """Return the module Tokens -> (b, dim)."""
        return MeanPooling()


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
