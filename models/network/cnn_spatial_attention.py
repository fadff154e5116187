"""Images only: a residual network with spatial attention, pooled over the bag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import nn

from datasets.cohort import Cohort
from models.images.cnn_cells import bag_of_cnn_cells
from models.images.normalization import Norm
from models.inputs import Inputs, Resident
from models.network.network_entry import NetworkEntry


@dataclass(kw_only=True, eq=False)
class CnnSpatialAttention(NetworkEntry):
    """Classify bags of cells by a small CNN with spatial attention and attention pooling.

    A specimen without cells gets the class frequencies of train.

    Reference: S. Woo et al., "CBAM: Convolutional Block Attention Module", 2018, https://arxiv.org/abs/1807.06521;
    M. Ilse et al., "Attention-based Deep Multiple Instance Learning", 2018, https://arxiv.org/abs/1802.04712.
    Differs from the papers in: four basic blocks; one spatial module and no channel module; trained from scratch.

    Args:
        width: Channels of the first stage.
        norm: "group", "batch", "instance" or "layer".
    """

    needs: ClassVar[frozenset[str]] = frozenset({"images"})
    modalities: ClassVar[tuple[str, ...]] = ("images",)

    modality_dropout: float = 0.0
    width: int = 16
    norm: Norm = "group"

    def encoders(self, inputs: Inputs, train: Resident, cohort: Cohort) -> dict[str, nn.Module]:
        return {"images": bag_of_cnn_cells(self.width, self.norm, self.dim, self.dropout)}


def search_space(trial: Any) -> dict[str, Any]:
    """Return hyper-parameters to try."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 5e-4, 5e-3, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-3, 0.3, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5),
        "width": trial.suggest_categorical("width", [12, 16, 24]),
        "cells_per_bag": trial.suggest_categorical("cells_per_bag", [4, 8, 12]),
    }
