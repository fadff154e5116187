"""Let tokens of all modalities attend to one another.

Reference: P. Xu, X. Zhu, D. A. Clifton, "Multimodal Learning with Transformers: A Survey", 2023,
https://arxiv.org/abs/2206.06488 (early concatenation of token sequences).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor, nn

from models.inputs import Tokens
from models.layers import Votes, silent_linear


class CrossModalTransformer(nn.Module):
    """Correct the product of what modalities say alone by self-attention over all tokens, read by a class token.

    The correction starts at zero: what modalities say together has to be learned.
    """

    def __init__(self, dim: int, n_classes: int, *, depth: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.head = silent_linear(dim, n_classes)
        layer = nn.TransformerEncoderLayer(
            dim, heads, 2 * dim, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, depth, norm=nn.LayerNorm(dim), enable_nested_tensor=False)
        self.class_token = nn.Parameter(torch.randn(1, 1, dim) * 0.02)

    def forward(self, tokens: Mapping[str, Tokens], votes: Votes) -> Tensor:
        """Return logits, float (b, n_classes); tokens whose mask is False take no part."""
        every = [t.values for t in tokens.values()]
        values = torch.cat([self.class_token.expand(len(every[0]), -1, -1), *every], dim=1)
        mask = torch.cat([t.mask for t in tokens.values()], dim=1)
        hidden = nn.functional.pad(~mask, (1, 0), value=False)
        return votes.product() + self.head(self.layers(values, src_key_padding_mask=hidden)[:, 0])


@dataclass(frozen=True, kw_only=True)
class Transformer:
    """Self-attention over the tokens of all modalities, whose class token corrects what each modality says alone.

    Reference: P. Xu, X. Zhu, D. A. Clifton, "Multimodal Learning with Transformers: A Survey", 2023,
    https://arxiv.org/abs/2206.06488.
    Differs from the paper in: tokens of whole cells, not patches; two narrow layers.

    Args:
        depth, heads: Layers and heads; heads divide the size of tokens.
    """

    depth: Annotated[int, "[1, 64]"] = 2
    heads: Annotated[int, "[1, 64]"] = 4
    divides: ClassVar[Mapping[str, str]] = {"heads": "dim"}

    def layer(self, modalities: Sequence[str], dim: int, n_classes: int, dropout: float) -> CrossModalTransformer:
        """Return the module (modality -> Tokens, Votes) -> logits (b, n_classes)."""
        return CrossModalTransformer(dim, n_classes, depth=self.depth, heads=self.heads, dropout=dropout)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``Transformer``."""
    return {"depth": trial.suggest_int("depth", 1, 3)}
