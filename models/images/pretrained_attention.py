"""The part ``cells = "pretrained-attention"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import ImageBags
from datasets.features import region_maps
from models.images.place_encoders import PlaceAttention


@dataclass(frozen=True, kw_only=True)
class PretrainedAttention:
    """Spatial attention over the map that the first blocks of an EfficientNet trained on ImageNet make of a cell.

    Reference: M. Tan, Q. V. Le, "EfficientNet", 2019, https://arxiv.org/abs/1905.11946; S. Woo et al., "CBAM", 2018,
    https://arxiv.org/abs/1807.06521; spatial attention on smears: https://doi.org/10.3389/fonc.2025.1619296.
    Differs from the papers in: the convolutions are frozen, their map is computed once, for nucleus and cytoplasm
    apart, with the size and shape of both; only places are weighed.

    Args:
        block: Block whose map is read, 0 to 6.
        side: Height and width to which images are scaled; 0 keeps their own.
        width: Size of the embedding.
        dropout: Dropout rate of the channels of the map.
    """

    block: Annotated[int, "[0, 6]"] = 3
    side: Annotated[int, "[0, 1024]"] = 128
    width: Annotated[int, "[1, 4096]"] = 192
    dropout: Annotated[float, "[0, 1)"] = 0.2

    def features(self, images: ImageBags) -> NDArray[np.floating]:
        """Return the frozen map of every image by regions, float16 (m, channels, h, w), bag after bag.

        Raises:
            ModuleNotFoundError: If the package with the weights is not installed.
        """
        return region_maps(images, self.block, self.side)

    def encoder(self, shape: tuple[int, ...]) -> PlaceAttention:
        """Return the module (m, channels, h, w) -> (m, dim) for maps of ``shape`` (channels, h, w)."""
        return PlaceAttention(shape[0], self.width, self.dropout)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``PretrainedAttention``."""
    return {"dropout": trial.suggest_float("dropout", 0.0, 0.6)}
