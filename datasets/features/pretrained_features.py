"""What a frozen, pretrained encoder says of each image; computed once for the same images and weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from datasets.array_digest import array_digest
from datasets.cache import cached_arrays
from datasets.cohort import ImageBags

Read = Callable[[nn.Module, Tensor, NDArray[np.uint8]], Tensor]
_AT_ONCE = 64
_BLOCKS = 7
# Read at import: what a later edit makes of the file is not the code that runs here.
_CODE = Path(__file__).read_bytes()


def normalised(pixels: Tensor, side: int) -> Tensor:
    """Return float (m, 3, side, side), as TensorFlow's EfficientNet-Lite wants it, of pixels (m, H, W, 3).

    Args:
        side: Height and width asked for; 0 keeps those of the images.
    """
    scaled = (pixels.permute(0, 3, 1, 2).float() - 127) / 128
    if side and scaled.shape[-2:] != (side, side):
        scaled = F.interpolate(scaled, size=(side, side), mode="bilinear", antialias=True, align_corners=False)
    return scaled.contiguous(memory_format=torch.channels_last)


def stage_means(network: Any, stages: Sequence[int], pixels: Tensor) -> Tensor:
    """Return the mean over places of the output of each of ``stages``, side by side, float (m, f).

    Args:
        network: An EfficientNet of timm.
        stages: Numbers of its blocks, from 0; one past the last is its head.
        pixels: float (m, 3, H, W), normalised.
    """
    found: list[Tensor] = []
    x = network.bn1(network.conv_stem(pixels))
    for stage, block in enumerate(network.blocks):
        x = block(x)
        found += [x.mean(dim=(2, 3))] if stage in stages else []
    if len(network.blocks) in stages:
        found.append(network.bn2(network.conv_head(x)).mean(dim=(2, 3)))
    return torch.cat(found, dim=1)


def stage_map(network: Any, stage: int, pixels: Tensor) -> Tensor:
    """Return the output of block ``stage``, float (m, channels, h, w); of pixels (m, 3, H, W), normalised."""
    x = network.bn1(network.conv_stem(pixels))
    for block in network.blocks[: stage + 1]:
        x = block(x)
    return x


def check_block(block: int) -> None:
    """Raise ValueError for a number that is no block of an EfficientNet."""
    if not 0 <= block < _BLOCKS:
        raise ValueError(f"cells.block={block}: an EfficientNet has blocks 0 to {_BLOCKS - 1}.")


def cached_features(
    images: ImageBags, read: Read, build: Callable[[], nn.Module], side: int, told: str
) -> NDArray[np.floating]:
    """Return what a pretrained network says of every image of the bags, (m, ...), bag after bag.

    It depends on one image at a time and learns from none, so all images of a dataset share one file of the cache.

    Args:
        read: From the network, normalised pixels (m, 3, h, w) and the pixels as they are, uint8 (m, H, W, 3), to
            features (m, ...).
        build: Makes the network; called only when the cache lacks the features.
        side: Height and width to which images are scaled, 0 for their own.
        told: All else on which the features depend: weights, and what is read.
    """
    pixels = images.pixels
    told = repr((array_digest(pixels), side, told, torch.__version__, timm.__version__))
    key = f"pretrained-features-{hashlib.sha256(told.encode() + _CODE).hexdigest()}"
    made = cached_arrays(key, lambda: {"features": _computed(pixels, build(), read, side)})
    return made["features"][images.all_rows()]


def _computed(pixels: NDArray[np.uint8], network: nn.Module, read: Read, side: int) -> NDArray[np.floating]:
    if not len(pixels):  # a blank image tells how many features there are
        return _computed(np.zeros((1, *pixels.shape[1:]), np.uint8), network, read, side)[:0]
    network.eval()
    with torch.inference_mode():
        pieces = [
            read(network, normalised(torch.tensor(raw), side), raw).numpy()
            for raw in (np.asarray(pixels[i : i + _AT_ONCE]) for i in range(0, len(pixels), _AT_ONCE))
        ]
    return np.concatenate(pieces)
