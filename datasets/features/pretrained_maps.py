"""What the parts over maps of a frozen network share."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from datasets.cohort import ImageBags
from datasets.features.pretrained_features import cached_features, stage_map
from datasets.features.pretrained_weights import PACKAGED, Source

_BLOCKS = 7


def packaged_maps(images: ImageBags, block: int, side: int) -> NDArray[np.floating]:
    """Return the output of a block of EfficientNet-Lite0 for every image, float16 (m, channels, h, w), bag after bag.

    Args:
        side: Height and width to which images are scaled.

    Raises:
        ModuleNotFoundError: If the package with the weights is not installed.
        ValueError: If there is no such block.
    """
    source = Source(PACKAGED, "", "")
    if not 0 <= block < _BLOCKS:
        raise ValueError(f"cells.block={block}: EfficientNet-Lite0 has blocks 0 to {_BLOCKS - 1}.")
    read = partial(_map, block=block)
    return cached_features(images, read, source.network, side, f"{source.identity()} map {block}")


def _map(network: nn.Module, pixels: Tensor, block: int) -> Tensor:
    return stage_map(network, block, pixels)
