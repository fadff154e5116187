"""Binary morphology on many masks at once, by shifting whole blocks; outside of an image is empty."""

from __future__ import annotations

import numpy as np
import scipy.ndimage as ndi
from numpy.typing import NDArray

Masks = NDArray[np.bool_]
_NEIGHBOURS = {4: ndi.generate_binary_structure(2, 1), 8: ndi.generate_binary_structure(2, 2)}


def disk(radius: int) -> Masks:
    """Return a disk, bool (2 radius + 1, 2 radius + 1); the 3 x 3 cross for radius 1."""
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return x * x + y * y <= radius * radius + 0.5


def square(radius: int) -> Masks:
    """Return a square, bool (2 radius + 1, 2 radius + 1)."""
    return np.ones((2 * radius + 1, 2 * radius + 1), dtype=bool)


def eroded(masks: Masks, element: Masks) -> Masks:
    """Return the erosion of each mask of (n, H, W) by a symmetric element."""
    padded, (height, width) = _padded(masks, element), masks.shape[1:]
    out = np.ones_like(masks)
    for i, j in zip(*np.nonzero(element), strict=True):
        out &= padded[:, i : i + height, j : j + width]
    return out


def dilated(masks: Masks, element: Masks) -> Masks:
    """Return the dilation of each mask of (n, H, W) by a symmetric element."""
    padded, (height, width) = _padded(masks, element), masks.shape[1:]
    out = np.zeros_like(masks)
    for i, j in zip(*np.nonzero(element), strict=True):
        out |= padded[:, i : i + height, j : j + width]
    return out


def opened(masks: Masks, element: Masks) -> Masks:
    """Return each mask without the parts that the element does not fit into."""
    return dilated(eroded(masks, element), element)


def closed(masks: Masks, element: Masks) -> Masks:
    """Return each mask with gaps closed that the element does not fit into."""
    return eroded(dilated(masks, element), element) | masks


def labelled(masks: Masks, neighbours: int = 8) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return labels from 1, int32 (n, H, W), unique over all masks, and the mask of each label, int64 (count + 1,)."""
    structure = np.zeros((3, 3, 3), dtype=bool)
    structure[1] = _NEIGHBOURS[neighbours]
    labels, count = ndi.label(masks, structure)
    owner = np.zeros(count + 1, dtype=np.int64)
    owner[labels.ravel()] = np.repeat(np.arange(len(masks)), masks[:1].size)
    return labels, owner


def filled(masks: Masks) -> Masks:
    """Return each mask with holes filled: what is not joined to the outside of its image."""
    labels, owner = labelled(np.pad(~masks, ((0, 0), (1, 1), (1, 1)), constant_values=True), neighbours=4)
    outside = np.zeros(len(owner), dtype=bool)
    outside[labels[:, 0, 0]] = True
    return ~outside[labels[:, 1:-1, 1:-1]] | masks


def grown(seeds: Masks, rivals: Masks, inside: Masks, steps: int) -> Masks:
    """Return the seeds grown through ``inside`` until they meet what grows from their rivals."""
    seeds, rivals, element = seeds.copy(), rivals.copy(), square(1)
    for _ in range(steps):
        free = inside & ~seeds & ~rivals
        new, taken = dilated(seeds, element) & free, dilated(rivals, element) & free
        if not new.any():
            break
        seeds |= new & ~taken
        rivals |= taken
    return seeds


def _padded(masks: Masks, element: Masks) -> Masks:
    radius = len(element) // 2
    return np.pad(masks, ((0, 0), (radius, radius), (radius, radius)))
