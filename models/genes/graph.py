"""The part ``genes = "graph"``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from torch_geometric.nn import GraphConv

from datasets.cohort import Cohort
from models.genes.gene_graph import gene_edges
from models.genes.graph_encoder import GeneGraphNetwork
from models.inputs import GeneSelection, TrainGenes, set_selection
from models.layers import GroupMeans, VectorEncoder, gene_groups


@dataclass(frozen=True, kw_only=True)
class GeneGraph:
    """Graph convolutions over given gene sets, or over genes that correlate on train; every set is read out.

    Reference: C. Morris et al., "Weisfeiler and Leman Go Neural: Higher-order Graph Neural Networks", 2019,
    https://arxiv.org/abs/1810.02244.
    Differs from the paper in: one fixed graph of genes, residual layers; every set is read out by itself.

    Args:
        n_genes: Genes kept where no sets are given, by the F statistic of the classes on train.
        dropout: Dropout rate of gene values.
        neighbours: Edges that each gene asks for in the correlation graph.
        channels, layers: Width and number of the graph convolutions.
    """

    n_genes: Annotated[int, "[1, 1000000]"] = 128
    dropout: Annotated[float, "[0, 1)"] = 0.2
    neighbours: Annotated[int, "[1, 1000000]"] = 8
    channels: Annotated[int, "[1, 1024]"] = 4
    layers: Annotated[int, "[0, 64]"] = 2

    def selection(self, train: Cohort) -> GeneSelection:
        """Return the members of the given gene sets, else the genes that differ most between the classes."""
        return set_selection(train, self.n_genes)

    def encoder(self, genes: TrainGenes, dim: int) -> VectorEncoder:
        """Return the module Batch -> Tokens (b, 1, dim)."""
        graph = GeneGraphNetwork(
            gene_edges(genes, self.neighbours),
            GroupMeans(gene_groups(genes.names, genes.sets, len(genes.names)), genes.values, genes.y),
            partial(GraphConv, self.channels, self.channels, aggr="mean"),
            channels=self.channels,
            layers=self.layers,
            dim=dim,
            dropout=self.dropout,
        )
        return VectorEncoder("genes", graph)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``GeneGraph``."""
    return {
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
        "n_genes": trial.suggest_categorical("n_genes", [64, 128, 256]),
        "neighbours": trial.suggest_int("neighbours", 4, 16),
    }
