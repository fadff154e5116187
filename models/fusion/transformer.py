"""Let tokens of all modalities attend to one another.

Reference: P. Xu, X. Zhu, D. A. Clifton, "Multimodal Learning with Transformers: A Survey", 2023,
https://arxiv.org/abs/2206.06488 (early concatenation of token sequences).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from models.inputs import Tokens


class CrossModalTransformer(nn.Module):
    """Fuse tokens by self-attention over their union and read a class token."""

    def __init__(self, dim: int, *, depth: int, heads: int, dropout: float) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            dim, heads, 2 * dim, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, depth, norm=nn.LayerNorm(dim), enable_nested_tensor=False)
        self.class_token = nn.Parameter(torch.randn(1, 1, dim) * 0.02)

    def forward(self, tokens: Tokens) -> Tensor:
        """Return (b, dim); tokens whose mask is False take no part."""
        values = torch.cat([self.class_token.expand(len(tokens.values), -1, -1), tokens.values], dim=1)
        hidden = nn.functional.pad(~tokens.mask, (1, 0), value=False)
        return self.layers(values, src_key_padding_mask=hidden)[:, 0]


@dataclass(frozen=True, kw_only=True)
class Transformer:
    """Self-attention over the tokens of all modalities, read by a class token.

    Reference: P. Xu, X. Zhu, D. A. Clifton, "Multimodal Learning with Transformers: A Survey", 2023,
    https://arxiv.org/abs/2206.06488.
    Differs from the paper in: tokens of whole cells, not patches; two narrow layers.

    Args:
        depth, heads: Layers and heads.
    """

    depth: int = 2
    heads: int = 4

    def layer(self, dim: int, dropout: float) -> CrossModalTransformer:
        """Return the module Tokens -> (b, dim)."""
        return CrossModalTransformer(dim, depth=self.depth, heads=self.heads, dropout=dropout)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``Transformer``."""
    return {"depth": trial.suggest_int("depth", 1, 3)}
