"""The CNN image encoder that several entries share."""

from __future__ import annotations

from models.images.normalization import Norm
from models.images.resnet import ResNet
from models.images.spatial_attention import SpatialAttention
from models.layers import BagEncoder, CellTokens, GatedAttention


def bag_of_cnn_cells(width: int, norm: Norm, dim: int, dropout: float) -> BagEncoder:
    """Return the encoder: ResNet with spatial attention for each cell, gated attention over the bag."""
    cells = ResNet(width=width, norm=norm, attention=SpatialAttention())
    return BagEncoder(CellTokens(cells, cells.dim, dim, dropout), GatedAttention(dim, dim // 2))
