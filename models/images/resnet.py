"""A small residual network for single-cell images.

Reference: K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", 2016,
https://arxiv.org/abs/1512.03385.
Differs from the paper in: one basic block a stage, narrow stages, a 5x5 stem (cells are 64 pixels, not 224),
a choice of normalisation, optional attention after the first stage, and standardised
weights (S. Qiao et al., "Micro-Batch Training with Batch-Channel Normalization and Weight Standardization",
2019, https://arxiv.org/abs/1903.10520). Without them features of all cells share one large component under
group normalisation, and training stays at the class frequencies.
"""

from __future__ import annotations

import torch.nn.functional as F
from timm.layers import StdConv2d
from torch import Tensor, nn

from models.images.normalization import Norm, norm_layer
from models.images.spatial_attention import SpatialAttention

_STAGE_WIDTHS = (1, 2, 4, 6)


class BasicBlock(nn.Module):
    """Add two normalised 3x3 convolutions to a shortcut."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, norm: Norm) -> None:
        super().__init__()
        self.conv1 = StdConv2d(channels_in, channels_out, 3, stride, 1)
        self.norm1 = norm_layer(norm, channels_out)
        self.conv2 = StdConv2d(channels_out, channels_out, 3, 1, 1)
        self.norm2 = norm_layer(norm, channels_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            conv = StdConv2d(channels_in, channels_out, 1, stride)
            self.shortcut = nn.Sequential(conv, norm_layer(norm, channels_out))

    def forward(self, x: Tensor) -> Tensor:
        """Map (m, channels_in, h, w) to (m, channels_out, h / stride, w / stride)."""
        out = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(out)) + self.shortcut(x))


class ResNet(nn.Module):
    """Embed cells: stem, four stages of one block, mean over places.

    Args:
        width: Channels of the first stage; later stages have 2, 4 and 6 times as many.
        norm: Kind of normalisation.
        attention: Module applied after the first stage, or None.
        pooled: Whether the stem halves the image twice, as large images allow, not once.
    """

    def __init__(self, *, width: int, norm: Norm, attention: SpatialAttention | None, pooled: bool = False) -> None:
        super().__init__()
        widths = [width * factor for factor in _STAGE_WIDTHS]
        pool = nn.MaxPool2d(2, ceil_mode=True) if pooled else nn.Identity()
        self.stem = nn.Sequential(StdConv2d(3, width, 5, 2, 2), norm_layer(norm, width), nn.ReLU(), pool)
        strides = [1, 2, 2, 2]
        inputs = [width, *widths[:-1]]
        blocks = [BasicBlock(i, o, s, norm) for i, o, s in zip(inputs, widths, strides, strict=True)]
        self.fine = blocks[0]
        self.attention = attention
        self.coarse = nn.Sequential(*blocks[1:])
        self.dim = widths[-1]

    def forward(self, cells: Tensor) -> Tensor:
        """Return embeddings (m, dim) of cells (m, 3, H, W)."""
        features = self.fine(self.stem(cells))
        if self.attention is not None:
            features = self.attention(features)
        return self.coarse(features).mean(dim=(2, 3))

    def attention_map(self, cells: Tensor) -> Tensor:
        """Return where the network looks, float (m, H, W) in [0, 1], at input resolution.

        The map is computed behind the first stage and enlarged bilinearly.

        Raises:
            ValueError: If the network has no attention module.
        """
        if self.attention is None:
            raise ValueError("attention_map: this network was built without spatial attention.")
        coarse = self.attention.attention(self.fine(self.stem(cells)))
        return F.interpolate(coarse, size=cells.shape[-2:], mode="bilinear", align_corners=False)[:, 0]
