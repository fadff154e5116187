"""Means of groups of features, such as gene sets."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.inputs import class_spread


class GroupMeans(nn.Module):
    """Average standardised genes within groups; each average has a standard deviation of 1 within classes of train.

    Args:
        groups: Positions of the genes of each group.
        values: float (n, n_genes), standardised genes of train.
        y: int64 (n,), their classes.
    """

    def __init__(self, groups: list[list[int]], values: Tensor, y: Tensor) -> None:
        super().__init__()
        mean = torch.zeros(len(groups), values.shape[1], device=values.device)
        for row, members in enumerate(groups):
            mean[row, members] = 1 / len(members)
        spread = torch.tensor(class_spread((values @ mean.T).cpu().numpy(), y.cpu().numpy())).to(values)
        self.register_buffer("weight", mean / torch.where(spread > 0, spread, 1.0)[:, None])
        self.weight: Tensor

    def forward(self, genes: Tensor) -> Tensor:
        """Return (..., n_groups) of standardised genes (..., n_genes)."""
        return genes @ self.weight.T
