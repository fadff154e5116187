"""Fusion of gene, cell and clinical tokens in one transformer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from datasets.cohort import Cohort
from models.fusion.cross_modal_transformer import CrossModalTransformer
from models.images.normalization import Norm
from models.images.resnet import ResNet
from models.images.spatial_attention import SpatialAttention
from models.inputs import Inputs, Resident, set_members
from models.layers import CellTokens, GroupTokens, chunks, gene_groups
from models.network.fusion_entry import FusionEntry


@dataclass(kw_only=True, eq=False)
class FusionTransformer(FusionEntry):
    """Let a class token read cell, gene and clinical tokens that attend to one another.

    A token is a drawn cell, a given gene set, a run of other genes by train variance, or a run of clinical features.

    Reference: P. Xu, X. Zhu, D. A. Clifton, "Multimodal Learning with Transformers: A Survey", 2023,
    https://arxiv.org/abs/2206.06488.
    Differs from the paper in: tokens of whole cells, not patches; two narrow layers.

    Args:
        width: Channels of the first stage of the CNN over cells.
        norm: "group", "batch", "instance" or "layer".
        gene_tokens: Runs of genes that are in no gene set.
        clinical_tokens: Runs of clinical features.
        depth, heads: Layers and heads of the transformer.
    """

    width: int = 16
    norm: Norm = "group"
    gene_tokens: int = 16
    clinical_tokens: int = 4
    depth: int = 2
    heads: int = 4

    def first_genes(self, train: Cohort) -> frozenset[str]:
        return set_members(train)

    def image_encoder(self, shape: tuple[int, int]) -> nn.Module:
        cells = ResNet(width=self.width, norm=self.norm, attention=SpatialAttention())
        return CellTokens(cells, cells.dim, self.dim, self.dropout)

    def gene_encoder(self, train: Resident, inputs: Inputs, cohort: Cohort) -> nn.Module:
        assert inputs.genes is not None
        groups = gene_groups(inputs.genes.names, cohort.gene_sets, self.gene_tokens)
        return GroupTokens("genes", groups, self.dim, self.gene_dropout)

    def clinical_encoder(self, n_features: int) -> nn.Module:
        return GroupTokens("clinical", chunks(range(n_features), self.clinical_tokens), self.dim, self.dropout)

    def fusion(self) -> nn.Module:
        return CrossModalTransformer(self.dim, depth=self.depth, heads=self.heads, dropout=self.dropout)


def search_space(trial: Any) -> dict[str, Any]:
    """Return hyper-parameters to try."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 3e-4, 3e-3, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-3, 0.3, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
        "gene_dropout": trial.suggest_float("gene_dropout", 0.3, 0.9),
        "modality_dropout": trial.suggest_float("modality_dropout", 0.0, 0.5),
        "gene_tokens": trial.suggest_categorical("gene_tokens", [8, 16, 32]),
        "depth": trial.suggest_int("depth", 1, 3),
    }
