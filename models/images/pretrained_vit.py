"""The part ``cells = "pretrained-vit"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import ImageBags
from datasets.features import region_maps
from models.images.place_encoders import HybridTransformer


@dataclass(frozen=True, kw_only=True)
class PretrainedVit:
    """A vision transformer on patches of the map that the first blocks of a frozen EfficientNet make of a cell.

    Reference: A. Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
    2021, https://arxiv.org/abs/2010.11929 (hybrid architecture).
    Differs from the paper in: the convolutions are frozen, their map is computed for nucleus and cytoplasm apart,
    with the size and shape of both; two narrow layers, which correct the mean over patches.

    Args:
        block: Block whose map is read, 0 to 6.
        side: Height and width to which images are scaled; 0 keeps their own.
        patch: Height and width of a patch in places of the map.
        width, depth, heads: Width, layers and heads of the transformer; heads divide the width.
        dropout: Dropout rate inside the transformer.
    """

    block: Annotated[int, "[0, 6]"] = 3
    side: Annotated[int, "[0, 1024]"] = 128
    patch: Annotated[int, "[1, 8]"] = 2
    width: Annotated[int, "[1, 4096]"] = 96
    depth: Annotated[int, "[1, 64]"] = 2
    heads: Annotated[int, "[1, 64]"] = 4
    dropout: Annotated[float, "[0, 1)"] = 0.2
    divides: ClassVar[Mapping[str, str]] = {"heads": "width"}

    def features(self, images: ImageBags) -> NDArray[np.floating]:
        """Return the frozen map of every image by regions, float16 (m, channels, h, w), bag after bag.

        Raises:
            ModuleNotFoundError: If the package with the weights is not installed.
        """
        return region_maps(images, self.block, self.side)

    def encoder(self, shape: Any) -> HybridTransformer:
        """Return the module (m, channels, h, w) -> (m, channels) for maps of ``shape`` (channels, h, w)."""
        return HybridTransformer(
            shape, self.width, patch=self.patch, depth=self.depth, heads=self.heads, dropout=self.dropout
        )


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``PretrainedVit``."""
    return {"depth": trial.suggest_int("depth", 1, 3), "dropout": trial.suggest_float("dropout", 0.0, 0.6)}
