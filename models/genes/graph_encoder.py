"""A graph network over genes: one graph for all specimens, every gene set is read out by itself."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.layers import GroupMeans, silence


class GeneGraphNetwork(nn.Module):
    """Embed a gene vector: expression in channels, graph convolutions, a linear map of all sets.

    Convolutions are residual and start at zero: at first a set says its mean; what neighbours add has to be learned.

    Args:
        edges: int64 (2, n_edges), fixed.
        groups: Positions of the genes that are read out together, as their mean: a gene set, or one gene.
        convolution: Makes a layer: module (nodes (b, n_genes, channels), edges) -> nodes of that shape.
        channels: Channels of a node.
        layers: Graph convolutions.
        dim: Size of the embedding.
        dropout: Dropout rate of gene values.
    """

    def __init__(
        self,
        edges: Tensor,
        groups: GroupMeans,
        convolution: Callable[[], nn.Module],
        *,
        channels: int,
        layers: int,
        dim: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.register_buffer("edges", edges)
        self.edges: Tensor
        self.gain = nn.Parameter(torch.randn(channels))
        self.layers = nn.ModuleList(convolution() for _ in range(layers))
        silence(self.layers)
        self.dropout = nn.Dropout(dropout)
        self.groups = groups
        self.out = nn.Linear(len(groups.weight) * channels, dim)
        nn.init.orthogonal_(self.out.weight)

    def convolve(self, nodes: Tensor, edges: Tensor) -> Tensor:
        """Return node states after all layers, (b, n_genes, channels), of states of that shape."""
        for layer in self.layers:
            nodes = nodes + F.gelu(layer(nodes, edges))
        return nodes

    def forward(self, genes: Tensor) -> Tensor:
        """Return embeddings (b, dim) of standardised genes (b, n_genes)."""
        nodes = self.dropout(genes)[..., None] * self.gain
        pooled = self.groups(self.convolve(nodes, self.edges).transpose(1, 2))
        return self.out(pooled.flatten(1))
