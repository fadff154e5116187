"""Tokens from groups of features, such as pathways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.inputs import Batch, Tokens
from models.layers.group_means import GroupMeans
from models.layers.vector_encoder import read


def chunks(features: Sequence[int], count: int) -> list[list[int]]:
    """Cut features into up to ``count`` runs of nearly equal length; none is empty."""
    runs = torch.tensor(features, dtype=torch.int64).tensor_split(max(1, min(count, len(features))))
    return [run.tolist() for run in runs if len(run)]


def gene_groups(names: Sequence[str], gene_sets: Mapping[str, Iterable[str]], count: int) -> list[list[int]]:
    """Return positions in ``names`` of each gene set, then of the genes of no set in ``count`` runs."""
    place = {name: i for i, name in enumerate(names)}
    sets = [sorted({place[g] for g in members if g in place}) for members in gene_sets.values()]
    covered = {i for members in sets for i in members}
    return [s for s in sets if s] + chunks([i for i in range(len(names)) if i not in covered], count)


class GroupTokens(nn.Module):
    """Make one token of each group of features by a linear map of its own.

    Tokens are not normalised: the size of a shift is kept.

    Args:
        modality: "genes" or "clinical".
        groups: Positions of the features of each token; a feature may be in several groups.
        dim: Token size.
        dropout: Dropout rate on features.
        means: Where the map of a group starts as the mean of its features in one direction, as suits a gene set: the
            means, whose scale the map takes up. Without them features have directions of their own, up to ``dim``.
    """

    def __init__(
        self, modality: str, groups: Sequence[Sequence[int]], dim: int, dropout: float, means: GroupMeans | None = None
    ) -> None:
        super().__init__()
        self.modality = modality
        widest = max(len(group) for group in groups)
        padded = torch.tensor([[*group, *[-1] * (widest - len(group))] for group in groups])
        self.register_buffer("members", padded)
        self.members: Tensor
        sizes = torch.tensor([len(group) for group in groups])[:, None, None]
        scale = sizes**-0.5 if means is None else means.weight.amax(dim=1)[:, None, None].cpu()
        self.weight = nn.Parameter(torch.zeros(len(groups), widest, dim))
        with torch.no_grad():
            if means is None:
                self.weight[padded >= 0] = nn.init.orthogonal_(torch.empty(int((padded >= 0).sum()), dim))
            else:
                self.weight.add_(nn.init.orthogonal_(torch.empty(len(groups), dim))[:, None])
            self.weight.mul_(scale)
        self.place = nn.Parameter(torch.randn(len(groups), dim) * dim**-0.5)
        self.before = nn.Dropout(dropout)

    def forward(self, batch: Batch) -> Tokens:
        """Return tokens (b, n_groups, dim)."""
        values, present = read(batch, self.modality)
        # The last column is zero, and position -1 of a padded group reads it.
        features = F.pad(self.before(values), (0, 1))[:, self.members]
        tokens = torch.einsum("btc,tcd->btd", features, self.weight) + self.place
        return Tokens(tokens, present[:, None].expand(-1, len(self.members)))
