"""The part ``pooling = "transmil"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor, nn

from models.inputs import Tokens


class AttentionLayer(nn.Module):
    """Add to each token what self-attention over all normalised tokens makes of it."""

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.attention = nn.MultiheadAttention(dim, heads, bias=False, batch_first=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Return new values, (b, t, d), and shares of attention, mean over heads, (b, t, t), of values (b, t, d).

        Args:
            hidden: bool (b, t), tokens that nobody attends to.
        """
        x = self.norm(values)
        added, shares = self.attention(x, x, x, key_padding_mask=hidden)
        return values + self.dropout(added), shares


class TransMilPooling(nn.Module):
    """Let the cells of a bag attend to one another, and read a class token."""

    def __init__(self, dim: int, *, heads: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.class_token = nn.Parameter(torch.randn(1, 1, dim))
        self.layers = nn.ModuleList(AttentionLayer(dim, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)

    def weights(self, tokens: Tokens) -> Tensor:
        """Return how the class token shares its attention to cells in the last layer, float (b, t), mean over heads.

        Rows sum to 1, to 0 for an empty bag; cells whose mask is False have 0.
        """
        shares = self._read(tokens)[1][:, 0, 1:] * tokens.mask
        return shares / shares.sum(dim=1, keepdim=True).clamp_min(torch.finfo(shares.dtype).tiny)

    def forward(self, tokens: Tokens) -> Tensor:
        """Return (b, dim); zero for an empty bag."""
        return self.norm(self._read(tokens)[0][:, 0]) * tokens.mask.any(dim=1, keepdim=True)

    def _read(self, tokens: Tokens) -> Any:
        values = torch.cat([self.class_token.expand(len(tokens.values), -1, -1), tokens.values], dim=1)
        hidden = nn.functional.pad(~tokens.mask, (1, 0), value=False)
        for layer in self.layers[:-1]:
            values, _ = layer(values, hidden)
        return self.layers[-1](values, hidden)


@dataclass(frozen=True, kw_only=True)
class TransMil:
    """Self-attention among the cells of a bag, read by a class token.

    Reference: Z. Shao et al., "TransMIL: Transformer based Correlated Multiple Instance Learning for Whole Slide Image
    Classification", 2021, https://arxiv.org/abs/2106.00908.
    Differs from the paper in: attention is exact, because a bag holds dozens of cells where a slide holds thousands of
    patches, and the Nystrom method only approximates it; no positional encoding (PPEG, and the convolution over values
    of the authors' code), because cells were not cut from a grid and their order in a file says nothing; narrow layers.

    Args:
        heads: Heads of a layer; a divisor of ``dim``.
        layers: Layers of attention.
        dropout: Dropout rate of what a layer adds.
    """

    heads: Annotated[int, "[1, 64]"] = 4
    layers: Annotated[int, "[1, 64]"] = 2
    dropout: Annotated[float, "[0, 1)"] = 0.1
    divides: ClassVar[Mapping[str, str]] = {"heads": "dim"}

    def layer(self, dim: int) -> TransMilPooling:
        """Return the module Tokens -> (b, dim)."""
        return TransMilPooling(dim, heads=self.heads, layers=self.layers, dropout=self.dropout)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``TransMil``."""
    return {"layers": trial.suggest_int("layers", 1, 3), "dropout": trial.suggest_float("dropout", 0.0, 0.5)}
