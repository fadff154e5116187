"""A graph network over genes.

Reference: C. Morris et al., "Weisfeiler and Leman Go Neural: Higher-order Graph Neural Networks", 2019,
https://arxiv.org/abs/1810.02244 (the convolution).
Differs from the paper in: the graph is one for all specimens; the readout weighs every gene by itself.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.nn import GraphConv


class GeneGraphNetwork(nn.Module):
    """Embed a gene vector: expression in channels, graph convolutions, a linear map of all nodes.

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
        self.gain = nn.Parameter(torch.randn(channels))
        self.layers = nn.ModuleList(GraphConv(channels, channels, aggr="mean") for _ in range(layers))
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(n_genes * channels, dim)

    def convolve(self, nodes: Tensor, edges: Tensor) -> Tensor:
        """Return node states after all layers, (b, n_genes, channels), of states of that shape."""
        for layer in self.layers:
            nodes = nodes + F.gelu(layer(nodes, edges))
        return nodes

    def forward(self, genes: Tensor) -> Tensor:
        """Return embeddings (b, dim) of standardised genes (b, n_genes)."""
        nodes = self.dropout(genes)[..., None] * self.gain
        return self.out(self.convolve(nodes, self.edges).flatten(1))
