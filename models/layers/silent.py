"""Modules that start at zero: what they add has to be learned."""

from __future__ import annotations

from torch import nn


def silent_linear(n_features: int, n_outputs: int) -> nn.Linear:
    """Return a linear map (..., n_features) -> (..., n_outputs) whose weight and bias are zero."""
    layer = nn.Linear(n_features, n_outputs)
    silence(layer)
    return layer


def silence(module: nn.Module) -> None:
    """Set every parameter of a module to zero."""
    for parameter in module.parameters():
        nn.init.zeros_(parameter)


def is_silent(layer: nn.Linear) -> bool:
    """Return whether a linear map gives the same to all inputs, as before anything is learned."""
    return not bool(layer.weight.any())
