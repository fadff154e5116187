"""The part ``pooling = "gated-attention"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.layers import GatedAttention


@dataclass(frozen=True, kw_only=True)
class GatedPooling:
    """An average of the cells with learned, gated weights.

    Reference: M. Ilse et al., "Attention-based Deep Multiple Instance Learning", 2018,
    https://arxiv.org/abs/1802.04712.
    """

    def layer(self, dim: int) -> GatedAttention:
        """Return the module Tokens -> (b, dim)."""
        return GatedAttention(dim, dim // 2)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
