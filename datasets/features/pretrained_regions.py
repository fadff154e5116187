"""Features of a pretrained network, averaged over the nucleus and over the cytoplasm of each cell."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from datasets.cohort import ImageBags
from datasets.features.pretrained_features import cached_features, check_block, stage_map
from datasets.features.pretrained_weights import PACKAGED, Source
from datasets.morphology import CODE, FEATURES, OUTLINES, cached_cell_features, optical_density, segment

_GRID = 8
_LEAST = 1e-5  # of a picture, below which a region is not there
# Read at import: what a later edit makes of the files is not the code that runs here.
_READER = hashlib.sha256(Path(__file__).read_bytes() + CODE).hexdigest()
_COLUMNS = [FEATURES.index(name) for name in OUTLINES]


def region_features(images: ImageBags, block: int, side: int, source: Source) -> NDArray[np.float32]:
    """Return what is seen in nucleus and cytoplasm, size and shape, float32 (m, f), bag after bag.

    The average over a whole picture mixes a cell with red cells and empty field, by an amount that changes with its
    size. It stands in for a region that is not found; the size and shape of what is not found are 0.

    Args:
        block: Number of the network's block that is read, from 0.
        side: Height and width to which images are scaled, 0 for their own.
        source: Of the weights.

    Raises:
        ModuleNotFoundError, WeightsError: If the weights are not there, or others than those that are named.
        ValueError: If there is no such block.
    """
    return np.hstack([_read(images, block, side, source, within_regions, "means"), _outlines(images)])


def region_maps(images: ImageBags, block: int, side: int) -> NDArray[np.float16]:
    """Return maps of EfficientNet-Lite0 whose mean over places is ``region_features``, float16 (m, f, h, w).

    Each channel stands there twice, for places of the nucleus and of the cytoplasm; size and shape are the same at all
    places. Arguments and errors are those of ``region_features``.
    """
    maps = _read(images, block, side, Source(PACKAGED, "", ""), by_region, "map")
    outlines = _outlines(images).astype(np.float16)[:, :, None, None]
    return np.concatenate([maps, np.broadcast_to(outlines, (*outlines.shape[:2], *maps.shape[2:]))], axis=1)


def within_regions(network: Any, pixels: Tensor, raw: NDArray[np.uint8], block: int) -> Tensor:
    """Return the mean of a block's output over nucleus and cytoplasm, float32 (m, 2 * channels).

    Args:
        network: An EfficientNet of timm.
        pixels: float (m, 3, h, w), scaled and normalised.
        raw: uint8 (m, H, W, 3), as they are.
        block: Number of its block, from 0.
    """
    return _weighted(network, pixels, raw, block).mean(dim=(2, 3))


def by_region(network: Any, pixels: Tensor, raw: NDArray[np.uint8], block: int) -> Tensor:
    """Return a map of which ``within_regions`` is the mean over places, float16 (m, 2 * channels, h, w).

    It has at most 8 x 8 places, each the mean of those that it holds.
    """
    maps = _weighted(network, pixels, raw, block)
    return F.adaptive_avg_pool2d(maps, (min(_GRID, maps.shape[2]), min(_GRID, maps.shape[3]))).half()


def _weighted(network: Any, pixels: Tensor, raw: NDArray[np.uint8], block: int) -> Tensor:
    nucleus, cell = segment(optical_density(raw))
    regions = torch.tensor(np.stack([nucleus, cell & ~nucleus], axis=1)).float()
    maps = stage_map(network, block, pixels)
    cover = F.adaptive_avg_pool2d(regions, (maps.shape[2], maps.shape[3]))
    share = cover.mean(dim=(2, 3), keepdim=True)
    weight = torch.where(share > _LEAST, cover / share.clamp_min(_LEAST), 1.0)
    return torch.einsum("mchw,mrhw->mrchw", maps, weight).flatten(1, 2)


def _read(images: ImageBags, block: int, side: int, source: Source, reader: Any, kind: str) -> NDArray[Any]:
    check_block(block)
    told = f"{source.identity()} regions {kind} {block} {_READER}"
    return cached_features(images, partial(reader, block=block), source.network, side, told)


def _outlines(images: ImageBags) -> NDArray[np.float32]:
    return cached_cell_features(images.pixels)[images.all_rows()][:, _COLUMNS]
