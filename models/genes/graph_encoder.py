"""A graph network over genes.

Reference: C. Morris et al., "Weisfeiler and Leman Go Neural: Higher-order Graph Neural Networks", 2019,
https://arxiv.org/abs/1810.02244 (the convolution).
Differs from the paper in: the graph is one for all specimens; every gene set is read out by itself.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.nn import GraphConv

from models.layers import GroupMeans


class GeneGraphNetwork(nn.Module):
    """Embed a gene vector: expression in channels, graph convolutions, a linear map of all sets.

    Args:
        edges: int64 (2, n_edges), fixed.
        groups: Positions of the genes that are read out together, as their mean: a gene set, or one gene.
        channels: Channels of a node.
        layers: Graph convolutions.
        dim: Size of the embedding.
    """

    def __init__(
        self, edges: Tensor, groups: GroupMeans, *, channels: int, layers: int, dim: int, dropout: float
    ) -> None:
        super().__init__()
        self.register_buffer("edges", edges)
        self.edges: Tensor
        self.gain = nn.Parameter(torch.randn(channels))
        self.layers = nn.ModuleList(GraphConv(channels, channels, aggr="mean") for _ in range(layers))
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
