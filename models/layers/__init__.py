"""Modules that several parts are made of."""

from models.layers.bag_encoder import BagEncoder, CellTokens
from models.layers.batch_statistics import measure_statistics
from models.layers.experts import Experts, Votes, mean_token
from models.layers.gated_attention import GatedAttention
from models.layers.group_means import GroupMeans
from models.layers.group_tokens import GroupTokens, chunks, gene_groups
from models.layers.shares import Anew, Start, evidence_starts
from models.layers.silent import is_silent, silence, silent_linear
from models.layers.token_scale import TokenScale
from models.layers.vector_encoder import ResidualMlp, VectorEncoder

__all__ = [
    "Anew",
    "BagEncoder",
    "CellTokens",
    "Experts",
    "GatedAttention",
    "GroupMeans",
    "GroupTokens",
    "ResidualMlp",
    "Start",
    "TokenScale",
    "VectorEncoder",
    "Votes",
    "chunks",
    "evidence_starts",
    "gene_groups",
    "is_silent",
    "mean_token",
    "measure_statistics",
    "silence",
    "silent_linear",
]
