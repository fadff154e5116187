"""Means of groups of features, such as gene sets."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GroupMeans(nn.Module):
    """Average standardised genes within groups; each average has variance 1 on train.

    Args:
        groups: Positions of the genes of each group.
        values: float (n, n_genes), standardised genes of train.
    """

    def __init__(self, groups: list[list[int]], values: Tensor) -> None:
        super().__init__()
        mean = torch.zeros(len(groups), values.shape[1], device=values.device)
        for row, members in enumerate(groups):
            mean[row, members] = 1 / len(members)
        spread = (values @ mean.T).std(dim=0, correction=0)
        self.register_buffer("weight", mean / torch.where(spread > 0, spread, 1.0)[:, None])
        self.weight: Tensor

    def forward(self, genes: Tensor) -> Tensor:
        """Return (..., n_groups) of standardised genes (..., n_genes)."""
        return genes @ self.weight.T
