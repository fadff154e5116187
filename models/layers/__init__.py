"""Modules that several parts are made of."""

from models.layers.bag_encoder import BagEncoder, CellTokens
from models.layers.gated_attention import GatedAttention
from models.layers.group_tokens import GroupTokens, chunks, gene_groups
from models.layers.vector_encoder import VectorEncoder, mlp

__all__ = ["BagEncoder", "CellTokens", "GatedAttention", "GroupTokens", "VectorEncoder", "chunks", "gene_groups", "mlp"]
