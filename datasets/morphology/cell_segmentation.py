"""Nucleus and outline of the central white cell of Romanowsky-stained images, many images at once."""

from __future__ import annotations

import numpy as np
import scipy.ndimage as ndi
from numpy.typing import NDArray

from datasets.morphology.cell_morphology import closed, dilated, disk, filled, grown, labelled, opened, square

_BINS = 64
# Least excess of red and green over blue absorption; below it the field is empty.
_FAINT = 0.05
# The same excess relative to all absorption: about 0.1 in red cells, from 0.4 in white cells.
_WHITE_CELL_HUE = 0.3
# No pigment takes nine tenths of blue light; such pixels are a frame or a scale bar.
_BLACK = 1.0
# A nucleus is at least this much denser than its cytoplasm in green; a split below it is chromatin texture.
_NUCLEUS_CONTRAST = 1.35


def optical_density(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return -log10 of light relative to the field's own white, float32 (n, H, W, 3), never below 0.

    White is the 95th percentile of each channel, so that slide and lamp cancel.
    """
    table = np.log10(np.arange(1, 257, dtype=np.float32))
    light = table[pixels]
    white = np.percentile(pixels.reshape(len(pixels), -1, 3), 95, axis=1, method="nearest")
    return np.maximum(table[white][:, None, None, :] - light, 0)


def segment(density: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return masks of the nucleus and of the whole cell nearest the centre, bool (n, H, W) each.

    Red cells absorb green and blue alike, white cells absorb red and green more than blue: the difference finds white
    cells, and Otsu thresholds inside them find the nucleus by its green density. Touching neighbours are cut where
    regions grown from their nuclei meet. An image without a stained cell gives empty masks.

    Args:
        density: Optical density, float32 (n, H, W, 3), from ``optical_density``.
    """
    side = min(density.shape[1:3])
    smooth = ndi.gaussian_filter(density, (0, side / 90, side / 90, 0), truncate=2)
    red, green, blue = np.moveaxis(smooth, -1, 0)
    excess = red + green - 2 * blue
    lit = ~dilated(density[..., 2] > _BLACK, square(2))
    stained = lit & (excess > _FAINT) & (excess > _WHITE_CELL_HUE * (red + green + blue))
    foreground = opened(filled(stained), disk(max(1, side // 24)))
    dense = foreground & (green > _nucleus_threshold(green, foreground)[:, None, None])
    nuclei = opened(dense, disk(max(1, side // 48)))
    nucleus = filled(_central(nuclei))
    neighbours = opened(nuclei & ~nucleus, disk(max(1, side // 12)))
    return nucleus, filled(grown(nucleus, neighbours, foreground, steps=side // 3))


def _nucleus_threshold(green: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray:
    """Return Otsu's threshold inside a mask, (n,); 0, so that all is nucleus, where the two classes hardly differ."""
    flat = green.reshape(len(green), -1)
    width = np.maximum(flat.max(axis=1), 1e-6) / _BINS
    bins = np.minimum(flat / width[:, None], _BINS - 1).astype(np.int64) + np.arange(len(flat))[:, None] * _BINS
    counts = np.bincount(bins.ravel(), inside.ravel(), len(flat) * _BINS).reshape(-1, _BINS)
    moments = counts * (np.arange(_BINS) + 0.5)
    pale_n, pale_sum = counts.cumsum(axis=1)[:, :-1], moments.cumsum(axis=1)[:, :-1]
    dense_n, dense_sum = counts.sum(axis=1)[:, None] - pale_n, moments.sum(axis=1)[:, None] - pale_sum
    pale, dense = pale_sum / np.maximum(pale_n, 1), dense_sum / np.maximum(dense_n, 1)
    cut = (pale_n * dense_n * (dense - pale) ** 2).argmax(axis=1)
    rows = np.arange(len(cut))
    return np.where(dense[rows, cut] > _NUCLEUS_CONTRAST * pale[rows, cut], (cut + 1) * width, 0)


def _central(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the connected part with the most weight near the centre; small gaps do not part a nucleus."""
    n, height, width = mask.shape
    side = min(height, width)
    # Lobes of one nucleus lie closer together than the nuclei of two cells.
    labels, owner = labelled(closed(mask, disk(max(1, side // 20))))
    y, x = np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2
    weight = np.exp(-0.5 * (y[:, None] ** 2 + x[None, :] ** 2) / (0.2 * side) ** 2)
    score = np.bincount(labels.ravel(), np.broadcast_to(weight, mask.shape).ravel(), len(owner))
    best = np.full(n, -1)
    order = np.argsort(score[1:], kind="stable") + 1
    best[owner[order]] = order
    return mask & (labels == best[:, None, None])
