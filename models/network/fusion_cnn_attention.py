"""Fusion of a CNN over cells, a gene MLP and a clinical MLP by attention over modalities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from models.images.cnn_cells import bag_of_cnn_cells
from models.images.normalization import Norm
from models.network.fusion_entry import FusionEntry


@dataclass(kw_only=True, eq=False)
class FusionCnnAttention(FusionEntry):
    """Weigh the modalities that a specimen has by gated attention.

    Reference: M. Ilse et al., "Attention-based Deep Multiple Instance Learning", 2018,
    https://arxiv.org/abs/1802.04712, for the gate; here its instances are modalities.
    Differs from the paper in: used over modalities as well as over cells; modalities are hidden at random in training.

    Args:
        width: Channels of the first stage of the CNN.
        norm: "group", "batch", "instance" or "layer".
    """

    width: int = 16
    norm: Norm = "group"

    def image_encoder(self, shape: tuple[int, int]) -> nn.Module:
        return bag_of_cnn_cells(self.width, self.norm, self.dim, self.dropout)


def search_space(trial: Any) -> dict[str, Any]:
    """Return hyper-parameters to try."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 5e-4, 5e-3, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-3, 0.3, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
        "gene_dropout": trial.suggest_float("gene_dropout", 0.3, 0.9),
        "modality_dropout": trial.suggest_float("modality_dropout", 0.0, 0.5),
        "width": trial.suggest_categorical("width", [12, 16, 24]),
    }
