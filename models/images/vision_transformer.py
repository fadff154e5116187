"""A small vision transformer for single-cell images, from timm.

Reference: A. Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
2021, https://arxiv.org/abs/2010.11929.
Differs from the paper in: trained from scratch, no pre-training; a few narrow layers, small patches;
tokens are averaged instead of reading a class token.
"""

from __future__ import annotations

from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn


class CellVisionTransformer(nn.Module):
    """Embed cells (m, 3, H, W) to (m, dim).

    Args:
        image_shape: Height and width of the cells; a border is padded up to whole patches.
    """

    def __init__(self, *, image_shape: tuple[int, int], patch: int, dim: int, depth: int, heads: int) -> None:
        super().__init__()
        self.dim = dim
        self.padding = [0, -image_shape[1] % patch, 0, -image_shape[0] % patch]
        self.vit = VisionTransformer(
            img_size=(image_shape[0] + self.padding[3], image_shape[1] + self.padding[1]),
            patch_size=patch,
            num_classes=0,
            global_pool="avg",
            class_token=False,
            embed_dim=dim,
            depth=depth,
            num_heads=heads,
            mlp_ratio=2.0,
        )

    def forward(self, cells: Tensor) -> Tensor:
        """Return embeddings, float (m, dim)."""
        return self.vit(nn.functional.pad(cells, self.padding))
