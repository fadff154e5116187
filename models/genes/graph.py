"""The part ``genes = "graph"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from datasets.cohort import Cohort
from models.genes.gene_graph import correlation_graph, pathway_graph
from models.genes.graph_encoder import GeneGraphNetwork
from models.inputs import TrainGenes, set_members
from models.layers import VectorEncoder


@dataclass(frozen=True, kw_only=True)
class GeneGraph:
    """Graph convolutions over given gene sets, or over genes that correlate on train; mean over genes.

    Reference: C. Morris et al., "Weisfeiler and Leman Go Neural: Higher-order Graph Neural Networks", 2019,
    https://arxiv.org/abs/1810.02244.
    Differs from the paper in: one fixed graph of genes, residual layers, mean pooling.

    Args:
        n_genes: Genes kept, members of sets first, then by train variance; 0 keeps all.
        dropout: Dropout rate of gene values, high because genes outnumber patients.
        neighbours: Edges that each gene asks for in the correlation graph.
        channels, layers: Width and number of the graph convolutions.
    """

    n_genes: int = 256
    dropout: float = 0.8
    neighbours: int = 8
    channels: int = 32
    layers: int = 2

    def first_genes(self, train: Cohort) -> frozenset[str]:
        """Return the members of the given gene sets."""
        return set_members(train)

    def encoder(self, genes: TrainGenes, dim: int) -> VectorEncoder:
        """Return the module Batch -> Tokens (b, 1, dim)."""
        graph = GeneGraphNetwork(
            self.edges(genes),
            len(genes.names),
            channels=self.channels,
            layers=self.layers,
            dim=dim,
            dropout=self.dropout,
        )
        return VectorEncoder("genes", graph)

    def edges(self, genes: TrainGenes) -> Tensor:
        """Return the edges, int64 (2, n_edges)."""
        if genes.sets:
            return pathway_graph(genes.names, genes.sets)
        return correlation_graph(genes.values.cpu().to(torch.float64), self.neighbours)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``GeneGraph``."""
    return {
        "dropout": trial.suggest_float("dropout", 0.3, 0.9),
        "n_genes": trial.suggest_categorical("n_genes", [128, 256, 512]),
        "neighbours": trial.suggest_int("neighbours", 4, 16),
    }
