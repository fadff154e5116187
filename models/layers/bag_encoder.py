"""From the cells of a bag to tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.inputs import Batch, Tokens


class CellTokens(nn.Module):
    """Make one token of each drawn cell.

    Args:
        cell_encoder: Module (m, 3, H, W) -> (m, features).
        features: Size of what the cell encoder returns.
        dim: Token size.
        dropout: Dropout rate on tokens.
    """

    def __init__(self, cell_encoder: nn.Module, features: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.cell_encoder = cell_encoder
        self.dim = dim
        straight = nn.Linear(features, dim)
        nn.init.orthogonal_(straight.weight)
        self.project = nn.Sequential(straight, nn.Dropout(dropout))

    def forward(self, batch: Batch) -> Tokens:
        """Return tokens (b, k, dim) of the cells of specimens whose images are present."""
        mask = batch.cell_mask & batch.present[:, :1]
        values = torch.zeros(*mask.shape, self.dim, device=mask.device)
        if batch.cells is not None and bool(mask.any()):
            kept = mask[batch.cell_mask]
            values[mask] = self.project(self.cell_encoder(_select(batch.cells, kept)))
        return Tokens(values, mask)


def _select(cells: Tensor, kept: Tensor) -> Tensor:
    return cells if bool(kept.all()) else cells[kept]


class BagEncoder(nn.Module):
    """Make one token of a bag: embed each cell, then pool.

    Args:
        cells: Module that makes one token a cell.
        pooling: Module Tokens -> (b, dim).
    """

    def __init__(self, cells: CellTokens, pooling: nn.Module) -> None:
        super().__init__()
        self.cells = cells
        self.pooling = pooling

    def forward(self, batch: Batch) -> Tokens:
        """Return tokens (b, 1, dim)."""
        tokens = self.cells(batch)
        return Tokens(self.pooling(tokens)[:, None], tokens.mask.any(dim=1, keepdim=True))
