"""The normalisation switch of convolutional encoders."""

from __future__ import annotations

from typing import Literal

from torch import nn

Norm = Literal["batch", "group", "instance", "layer"]
_CHANNELS_PER_GROUP = 8


def norm_layer(norm: Norm, channels: int) -> nn.Module:
    """Return the layer for (b, channels, H, W) features.

    Batch statistics of one scanner mislead on another (Tsutsui, Su and Wen, "Benchmarking White
    Blood Cell Classification Under Domain Shift", 2023, https://arxiv.org/abs/2303.01777), so "group" is the default
    of the entries.

    Raises:
        ValueError: If ``norm`` is unknown.
    """
    groups = {"group": max(1, channels // _CHANNELS_PER_GROUP), "instance": channels, "layer": 1}
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    if norm not in groups:
        raise ValueError(f"Unknown {norm=}; choose from 'batch', 'group', 'instance', 'layer'.")
    return nn.GroupNorm(groups[norm], channels)
