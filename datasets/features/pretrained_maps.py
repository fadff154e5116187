"""What the parts over maps of a frozen network share."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from datasets.cohort import ImageBags
from datasets.features.pretrained_features import cached_features, check_block, stage_map
from datasets.features.pretrained_weights import PACKAGED, Source


def packaged_maps(images: ImageBags, block: int, side: int) -> NDArray[np.floating]:
    """Return the output of a block of EfficientNet-Lite0 for every image, float16 (m, channels, h, w), bag after bag.

    Args:
        side: Height and width to which images are scaled.

    Raises:
        ModuleNotFoundError: If the package with the weights is not installed.
        ValueError: If there is no such block.
    """
    source = Source(PACKAGED, "", "")
    check_block(block)
    read = partial(_map, block=block)
    return cached_features(images, read, source.network, side, f"{source.identity()} map {block}")


def packaged_blocks(first: int, last: int) -> tuple[list[nn.Module], int]:
    """Return blocks ``first`` to ``last`` of EfficientNet-Lite0 with their weights, and the channels of the last.

    Raises:
        ModuleNotFoundError: If the package with the weights is not installed.
    """
    network: Any = Source(PACKAGED, "", "").network()
    return list(network.blocks[first : last + 1]), network.blocks[last][-1].bn3.num_features


def _map(network: nn.Module, pixels: Tensor, raw: NDArray[np.uint8], block: int) -> Tensor:
    return stage_map(network, block, pixels).half().contiguous()
