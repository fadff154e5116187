"""A linear map that starts at zero: what it adds has to be learned."""

from __future__ import annotations

from torch import nn


def silent_linear(n_features: int, n_outputs: int) -> nn.Linear:
    """Return a linear map (..., n_features) -> (..., n_outputs) whose weight and bias are zero."""
    layer = nn.Linear(n_features, n_outputs)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
