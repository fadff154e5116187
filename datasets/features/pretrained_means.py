"""Features without places: what blocks of a frozen network say of an image, averaged over places."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from datasets.cohort import ImageBags
from datasets.features.pretrained_features import cached_features, stage_means
from datasets.features.pretrained_weights import Source


def pretrained_means(images: ImageBags, stages: str, side: int, source: Source) -> NDArray[np.floating]:
    """Return what blocks of an EfficientNet say of every image, averaged over places, float32 (m, f), bag after bag.

    Args:
        stages: Blocks that are read, as in "b2b4": b0 to b6, b7 is the head.
        side: Height and width to which images are scaled; 0 keeps their own.

    Raises:
        ModuleNotFoundError, WeightsError: If the weights are not there, or others than those that are named.
        ValueError: If there is no such block.
    """
    if not re.fullmatch(r"(b[0-7])+", stages):
        raise ValueError(f"cells.stages={stages!r}: write blocks one after the other, b0 to b7, as in 'b2b4'.")
    numbers = [int(number) for number in stages.split("b")[1:]]
    read = partial(_means, stages=numbers)
    return cached_features(images, read, source.network, side, f"{source.identity()} means {numbers}")


def _means(network: nn.Module, pixels: Tensor, raw: NDArray[np.uint8], stages: list[int]) -> Tensor:
    return stage_means(network, stages, pixels)
