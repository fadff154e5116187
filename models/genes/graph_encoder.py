"""A graph network over genes.

Reference: C. Morris et al., "Weisfeiler and Leman Go Neural: Higher-order Graph Neural Networks", 2019,
https://arxiv.org/abs/1810.02244 (the convolution).
Differs from the paper in: the graph is one for all specimens; nodes carry a learned identity.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.nn import GraphConv


class GeneGraphNetwork(nn.Module):
    """Embed a gene vector: identity times expression, graph convolutions, mean over genes.

    Args:
        edges: int64 (2, n_edges), fixed.
        n_genes: Number of nodes.
        channels: Channels of a node.
        layers: Graph convolutions.
        dim: Size of the embedding.
    """

    def __init__(self, edges: Tensor, n_genes: int, *, channels: int, layers: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("edges", edges)
        self.edges: Tensor
        self.gain = nn.Parameter(torch.randn(n_genes, channels))
        self.offset = nn.Parameter(torch.zeros(n_genes, channels))
        self.layers = nn.ModuleList(GraphConv(channels, channels, aggr="mean") for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Sequential(nn.Linear(channels, dim), nn.LayerNorm(dim))

    def convolve(self, nodes: Tensor, edges: Tensor) -> Tensor:
        """Return node states after all layers, (b, n_genes, channels), of states of that shape."""
        for layer, norm in zip(self.layers, self.norms, strict=True):
            nodes = nodes + F.gelu(layer(norm(nodes), edges))
        return nodes

    def forward(self, genes: Tensor) -> Tensor:
        """Return embeddings (b, dim) of standardised genes (b, n_genes)."""
        nodes = self.dropout(genes)[..., None] * self.gain + self.offset
        return self.out(self.convolve(nodes, self.edges).mean(dim=1))
