"""Fusion with a vision transformer over cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from models.images.vision_transformer import CellVisionTransformer
from models.layers import BagEncoder, CellTokens, GatedAttention
from models.network.fusion_entry import FusionEntry


@dataclass(kw_only=True, eq=False)
class FusionVit(FusionEntry):
    """Embed cells by a small timm vision transformer, trained from scratch; fuse as fusion-cnn-attention does.

    Reference: A. Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at
    Scale", 2021, https://arxiv.org/abs/2010.11929.
    Differs from the paper in: no pre-training; three layers of width 96 on 8-pixel patches.

    Args:
        patch: Side of a patch in pixels.
        vit_dim, vit_depth, vit_heads: Width, layers and heads of the vision transformer.
    """

    max_epochs: int = 16
    patch: int = 8
    vit_dim: int = 96
    vit_depth: int = 3
    vit_heads: int = 4

    def image_encoder(self, shape: tuple[int, int]) -> nn.Module:
        vit = CellVisionTransformer(
            image_shape=shape, patch=self.patch, dim=self.vit_dim, depth=self.vit_depth, heads=self.vit_heads
        )
        return BagEncoder(CellTokens(vit, vit.dim, self.dim, self.dropout), GatedAttention(self.dim, self.dim // 2))


def search_space(trial: Any) -> dict[str, Any]:
    """Return hyper-parameters to try."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 2e-4, 3e-3, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-3, 0.3, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
        "gene_dropout": trial.suggest_float("gene_dropout", 0.3, 0.9),
        "modality_dropout": trial.suggest_float("modality_dropout", 0.0, 0.5),
        "vit_depth": trial.suggest_int("vit_depth", 2, 4),
    }
