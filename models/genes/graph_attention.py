"""Attention over the edges of one graph that all specimens share."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.nn import GATv2Conv


class GraphAttention(nn.Module):
    """Add to a map of each gene an average of its neighbours, with weights that depend on both and start equal.

    With equal weights it is the convolution of the part ``graph``, a mean over neighbours.

    Reference: S. Brody, U. Alon, E. Yahav, "How Attentive are Graph Attention Networks?", 2022,
    https://arxiv.org/abs/2105.14491.
    Differs from the paper in: a gene is not its own neighbour but has a map of its own; weights start equal.

    Args:
        channels: Of a node, before and after.
        heads: Independent weights; each sees ``channels / heads`` channels.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.layer = GATv2Conv(channels, channels // heads, heads=heads, add_self_loops=False, residual=True)
        nn.init.zeros_(self.layer.att)

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        """Return nodes (b, n_genes, channels) of nodes of that shape and edges (2, n_edges)."""
        count, n_genes = nodes.shape[:2]
        first = torch.arange(count, device=edges.device)[:, None, None] * n_genes
        copies = (edges + first).transpose(0, 1).flatten(1)  # one graph beside another
        return self.layer(nodes.flatten(0, 1), copies).view_as(nodes)
