"""Colours of the empty field around a cell, measured so that neither size nor place of the cell can be read."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import scipy.ndimage as ndi
from numpy.typing import NDArray

from datasets.cohort import Cohort

_CHANNELS = ("red", "green", "blue")
_BLOCK = 256
# Share of the light of the field's own white that an empty pixel lets through, in every channel.
_EMPTY = 0.88
# A tenth or so of an 8-bit range: fields darker than this are frames, not glass.
_DARKEST_WHITE = 100
# Share of an image's pixels that is measured: the same of every image, so that their number tells nothing.
_MEASURED = 0.01


def background_masks(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where the field is empty, bool (m, H, W).

    Only the corners are looked at, outside the circle that fits into the image, because the cell is at the centre. A
    pixel is empty when no channel falls below 88 % of the corners' white (their 95th percentile), and neither does any
    pixel within a 32nd of the side: that leaves out cells, red cells, platelets, deposits, black bars, and their rims.

    Args:
        pixels: uint8 RGB, (m, H, W, 3), one cell near the centre of each image.
    """
    _, height, width, _ = pixels.shape
    corners = _corners(height, width)
    white = np.percentile(pixels[:, corners], 95, axis=1)
    least = np.where(white >= _DARKEST_WHITE, _EMPTY * white, np.inf)
    bright = (pixels >= least[:, None, None, :]).all(axis=3)
    reach = 2 * max(1, min(height, width) // 32) + 1
    return ndi.minimum_filter(bright.view(np.uint8), (1, reach, reach)).astype(bool) & corners


def background_colours(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the median of each channel over empty pixels, float64 (m, 3); NaN where there are too few.

    From every image the same number of pixels is taken, a hundredth of them, evenly spaced among the empty ones. How
    much they vary is not told: most JPEG files store colour in blocks of 16 pixels, in which a large cell shows by a
    faint halo, and the spread of blue in the field would give its diameter away.

    Args:
        pixels: uint8 RGB, (m, H, W, 3).
    """
    count = max(4, round(_MEASURED * pixels.shape[1] * pixels.shape[2]))
    blocks = (np.asarray(pixels[i : i + _BLOCK]) for i in range(0, len(pixels), _BLOCK))
    rows = [_summary(image[mask], count) for b in blocks for image, mask in zip(b, background_masks(b), strict=True)]
    return np.reshape(rows, (len(pixels), len(_CHANNELS)))


def background_table(cohort: Cohort) -> pd.DataFrame:
    """Return the mean over the bag of ``background_colours``, float64 (n, 3); NaN where no image has a background."""
    if cohort.images is None:
        raise ValueError(f"cohort {cohort.name!r} has no images")
    rows = cohort.images.all_rows()
    parts = [background_colours(cohort.images.pixels[rows[i : i + _BLOCK]]) for i in range(0, len(rows), _BLOCK)]
    names = [f"background:{channel}" for channel in _CHANNELS]
    colours = np.concatenate([np.empty((0, len(names))), *parts])
    bags = [_mean(colours[a:b]) for a, b in itertools.pairwise(cohort.images.starts)]
    return pd.DataFrame(np.reshape(bags, (len(cohort), len(names))), columns=names)


def _corners(height: int, width: int) -> NDArray[np.bool_]:
    y, x = np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2
    return np.hypot(y[:, None], x) > min(height, width) / 2


def _summary(empty: NDArray[np.uint8], count: int) -> NDArray[np.float64]:
    if len(empty) < count:
        return np.full(len(_CHANNELS), np.nan)
    chosen = empty[np.linspace(0, len(empty) - 1, count).round().astype(np.int64)]
    return np.median(chosen, axis=0)


def _mean(bag: NDArray[np.float64]) -> NDArray[np.float64]:
    seen = bag[~np.isnan(bag).any(axis=1)]
    return seen.mean(axis=0) if len(seen) else np.full(bag.shape[1], np.nan)
