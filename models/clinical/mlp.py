"""The part ``clinical = "mlp"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.layers import ResidualMlp, VectorEncoder


@dataclass(frozen=True, kw_only=True)
class ClinicalMlp:
    """One token from a network of one hidden layer over the clinical features."""

    def encoder(self, columns: list[list[int]], dim: int, dropout: float) -> VectorEncoder:
        """Return the module Batch -> Tokens (b, 1, dim)."""
        return VectorEncoder("clinical", ResidualMlp(sum(map(len, columns)), dim, dropout))


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
