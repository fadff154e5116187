"""Shape of masks, many at once; lengths in pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.morphology.cell_morphology import disk, eroded, labelled

_DIRECTIONS = 32


def quotient(top: NDArray, bottom: NDArray) -> NDArray[np.float64]:
    """Return top / bottom where bottom is positive, else 0."""
    bottom = np.broadcast_to(bottom, np.shape(top))
    return np.divide(top, bottom, out=np.zeros(np.shape(top)), where=bottom > 0)


def area(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the number of pixels of each mask of (n, H, W)."""
    return mask.sum(axis=(1, 2)).astype(np.float64)


def perimeter(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return Crofton's perimeter from crossings along four directions, (n,)."""
    m = np.pad(mask, ((0, 0), (1, 1), (1, 1)))
    straight = area(m[:, 1:] ^ m[:, :-1]) + area(m[:, :, 1:] ^ m[:, :, :-1])
    diagonal = area(m[:, 1:, 1:] ^ m[:, :-1, :-1]) + area(m[:, 1:, :-1] ^ m[:, :-1, 1:])
    return np.pi / 8 * (straight + diagonal / np.sqrt(2))


def circularity(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return 4 pi area / perimeter^2, about 1 for a disk, 0 for an empty mask, (n,)."""
    return quotient(4 * np.pi * area(mask), perimeter(mask) ** 2)


def centroid(mask: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return row and column of the centre of mass, (n,) each; 0 for an empty mask."""
    rows, columns = np.arange(mask.shape[1]), np.arange(mask.shape[2])
    size = area(mask)
    return quotient(mask.sum(axis=2) @ rows, size), quotient(mask.sum(axis=1) @ columns, size)


def eccentricity(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the eccentricity of the ellipse with the same second moments, (n,), in [0, 1)."""
    y, x = np.arange(mask.shape[1]), np.arange(mask.shape[2])
    cy, cx = centroid(mask)
    size = area(mask)
    along_y, along_x = mask.sum(axis=2), mask.sum(axis=1)
    vy = quotient(along_y @ y**2, size) - cy**2
    vx = quotient(along_x @ x**2, size) - cx**2
    cross = quotient((mask @ x.astype(np.float64)) @ y, size) - cy * cx
    spread = np.sqrt((vy - vx) ** 2 + 4 * cross**2)
    return np.sqrt(np.clip(quotient(2 * spread, vy + vx + spread), 0, 1)) * (size > 0)


def support(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how far each mask reaches along evenly spaced directions, (n, 32); -inf for an empty mask."""
    height, width = mask.shape[1:]
    filled = mask.max(axis=2)
    left = np.where(filled, mask.argmax(axis=2), 0)
    right = np.where(filled, width - 1 - mask[:, :, ::-1].argmax(axis=2), 0)
    angle = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    cos, sin = np.cos(angle), np.sin(angle)
    rows = np.arange(height)[None, :, None] * sin
    ends = np.maximum(left[:, :, None] * cos, right[:, :, None] * cos) + rows
    reach = np.where(filled[:, :, None], ends, -np.inf).max(axis=1)
    return reach + 0.5 * (np.abs(cos) + np.abs(sin))


def hull_area(reach: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area of the polygon of supporting lines around each mask, (n,); 0 for an empty mask."""
    step = 2 * np.pi / _DIRECTIONS
    h = np.where(np.isfinite(reach), reach, 0)
    edges = (np.roll(h, 1, axis=1) + np.roll(h, -1, axis=1) - 2 * h * np.cos(step)) / np.sin(step)
    return 0.5 * (h * edges).sum(axis=1)


def feret(reach: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the smallest and largest caliper width, (n,) each; 0 for an empty mask."""
    half = _DIRECTIONS // 2
    h = np.where(np.isfinite(reach), reach, 0)
    widths = h[:, :half] + h[:, half:]
    return widths.min(axis=1), widths.max(axis=1)


def extent(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return area over the area of the upright bounding box, (n,); 0 for an empty mask."""
    height = _span(mask.max(axis=2))
    width = _span(mask.max(axis=1))
    return quotient(area(mask), height * width)


def _span(line: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(line.any(axis=1), line.shape[1] - line.argmax(axis=1) - line[:, ::-1].argmax(axis=1), 0.0)


def lobes(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return into how many parts a mask falls, at most, while it is eroded, (n,); 0 for an empty mask.

    Parts smaller than a hundredth of the mask do not count.
    """
    least = np.maximum(area(mask) / 100, 2)
    most = np.zeros(len(mask), dtype=np.int64)
    while mask.any():
        labels, owner = labelled(mask, neighbours=4)
        large = np.bincount(labels.ravel(), minlength=len(owner)) >= least[owner]
        large[0] = False
        most = np.maximum(most, np.bincount(owner[large], minlength=len(mask)))
        mask = eroded(mask, disk(1))
    return most.astype(np.float64)
