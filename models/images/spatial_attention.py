"""Weigh the places of a feature map.

Reference: S. Woo, J. Park, J.-Y. Lee, I. S. Kweon, "CBAM: Convolutional Block Attention Module", 2018,
https://arxiv.org/abs/1807.06521.
Differs from the paper in: only its spatial half; no batch normalisation after the convolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SpatialAttention(nn.Module):
    """Multiply features by one map in [0, 1], made from the channel mean and maximum."""

    def __init__(self, kernel_size: int = 7) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2)

    def attention(self, features: Tensor) -> Tensor:
        """Return the map, float (m, 1, h, w) in [0, 1], of features (m, channels, h, w)."""
        summary = torch.cat([features.mean(1, keepdim=True), features.amax(1, keepdim=True)], dim=1)
        return self.conv(summary).sigmoid()

    def forward(self, features: Tensor) -> Tensor:
        """Return weighted features of the same shape."""
        return features * self.attention(features)
