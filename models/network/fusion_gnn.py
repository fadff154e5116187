"""Fusion with a graph network over genes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from datasets.cohort import MODALITIES, Cohort
from models.genes.gene_graph import correlation_graph, pathway_graph
from models.genes.graph_encoder import GeneGraphNetwork
from models.images.cnn_cells import bag_of_cnn_cells
from models.images.normalization import Norm
from models.inputs import Inputs, Resident, set_members
from models.layers import VectorEncoder
from models.network.fusion_entry import FusionEntry


@dataclass(kw_only=True, eq=False)
class FusionGnn(FusionEntry):
    """Embed genes by graph convolutions; fuse as fusion-cnn-attention does.

    Edges join genes of one given gene set, or, where the dataset has none, genes that correlate on train.

    Reference: C. Morris et al., "Weisfeiler and Leman Go Neural: Higher-order Graph Neural Networks", 2019,
    https://arxiv.org/abs/1810.02244.
    Differs from the paper in: one fixed graph of genes, residual layers, mean pooling.

    Args:
        width, norm: Of the CNN over cells, as in fusion-cnn-attention.
        neighbours: Edges that each gene asks for in the correlation graph.
        channels, layers: Width and number of the graph convolutions.
    """

    width: int = 16
    norm: Norm = "group"
    neighbours: int = 8
    channels: int = 32
    layers: int = 2

    def first_genes(self, train: Cohort) -> frozenset[str]:
        return set_members(train)

    def image_encoder(self, shape: tuple[int, int]) -> nn.Module:
        return bag_of_cnn_cells(self.width, self.norm, self.dim, self.dropout)

    def gene_encoder(self, train: Resident, inputs: Inputs, cohort: Cohort) -> nn.Module:
        graph = GeneGraphNetwork(
            self.edges(train, inputs, cohort),
            train.genes.shape[1],
            channels=self.channels,
            layers=self.layers,
            dim=self.dim,
            dropout=self.gene_dropout,
        )
        return VectorEncoder("genes", graph)

    def edges(self, train: Resident, inputs: Inputs, cohort: Cohort) -> Tensor:
        """Return the edges, int64 (2, n_edges); the arguments are train's."""
        assert inputs.genes is not None
        if cohort.gene_sets:
            return pathway_graph(inputs.genes.names, cohort.gene_sets)
        rows = train.genes[train.present[:, MODALITIES.index("genes")]]
        return correlation_graph(rows.cpu().to(torch.float64), self.neighbours)


def search_space(trial: Any) -> dict[str, Any]:
    """Return hyper-parameters to try."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 5e-4, 5e-3, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-3, 0.3, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
        "gene_dropout": trial.suggest_float("gene_dropout", 0.3, 0.9),
        "modality_dropout": trial.suggest_float("modality_dropout", 0.0, 0.5),
        "n_genes": trial.suggest_categorical("n_genes", [128, 256, 512]),
        "neighbours": trial.suggest_int("neighbours", 4, 16),
    }
