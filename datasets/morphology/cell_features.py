"""Hand-crafted features of single white-cell images: size, shape, colour, texture, granules, rods."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import scipy
import scipy.ndimage as ndi
from numpy.typing import NDArray

from datasets.array_digest import array_digest
from datasets.cache import cached_arrays
from datasets.morphology.cell_morphology import dilated, eroded, labelled, square
from datasets.morphology.cell_segmentation import optical_density, segment
from datasets.morphology.cell_shape import (
    area,
    centroid,
    circularity,
    eccentricity,
    extent,
    feret,
    hull_area,
    lobes,
    quotient,
    support,
)

_BLOCK = 128
_MODULES = ("cell_features.py", "cell_morphology.py", "cell_segmentation.py", "cell_shape.py")
# Read at import: what a later edit makes of the files is not the code that runs here.
CODE = b"".join(Path(__file__).with_name(m).read_bytes() for m in _MODULES)
# Optical density by which a granule or a rod stands out from the cytoplasm around it.
_STANDS_OUT = 0.02
_SECOND_ORDER = ((2, 0), (0, 2), (1, 1))


def cell_features(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the features of each image, float32 (m, len(FEATURES)), all finite.

    Lengths are fractions of the image's shorter side and areas of its area, so the same cell at another resolution
    has about the same values. Each image is looked at alone. What is not there (no cell, no cytoplasm) measures 0.

    Args:
        pixels: uint8 RGB, (m, H, W, 3), one cell near the centre of each image.

    Reference: Tavakoli et al., "New segmentation and feature extraction algorithm for classification of white blood
    cells in peripheral smear images", Scientific Reports 2021, https://doi.org/10.1038/s41598-021-98599-0;
    Haralick et al., "Textural features for image classification", IEEE SMC 1973 (contrast).
    Differs from the papers in: nucleus from optical density rather than CMYK; contrast without grey-level binning.
    """
    blocks = [_features(np.asarray(pixels[i : i + _BLOCK])) for i in range(0, len(pixels), _BLOCK)]
    return np.concatenate([np.empty((0, len(FEATURES)), np.float32), *blocks])


def cached_cell_features(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return ``cell_features(pixels)``, computed once for the same pixels and the same code."""
    told = repr((array_digest(pixels), np.__version__, scipy.__version__))
    key = f"cell-features-{hashlib.sha256(told.encode() + CODE).hexdigest()}"
    return cached_arrays(key, lambda: {"features": cell_features(pixels)})["features"]


def _features(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    columns = dict(_measure(pixels))
    return np.stack([columns[name] for name in columns], axis=1).astype(np.float32)


def _measure(pixels: NDArray[np.uint8]) -> Iterator[tuple[str, NDArray]]:
    density = optical_density(pixels)
    nucleus, cell = segment(density)
    cytoplasm = cell & ~nucleus
    yield from _shape("nucleus", nucleus)
    yield "nucleus_lobes", lobes(nucleus)
    yield from _shape("cell", cell)
    yield from _layout(nucleus, cell)
    yield from _colour(density, nucleus, cytoplasm)
    side = min(density.shape[1:3])
    for name, mask in (("nucleus", nucleus), ("cytoplasm", cytoplasm)):
        yield from _texture(name, density[..., 1], mask, side)
    # Rims are edges, not granules or rods.
    rim = square(max(1, side // 32))
    inner = eroded(cell, rim) & ~dilated(nucleus, rim)
    curvature = _curvature(density[..., 1], max(0.7, 0.8 * side / 64))
    yield from _granules(*curvature[:2], inner)
    yield from _rods(*curvature, inner, side)


def _shape(name: str, mask: NDArray[np.bool_]) -> Iterator[tuple[str, NDArray]]:
    reach = support(mask)
    narrow, wide = feret(reach)
    yield f"{name}_area", area(mask) / mask[0].size
    yield f"{name}_circularity", circularity(mask)
    yield f"{name}_eccentricity", eccentricity(mask)
    yield f"{name}_solidity", np.minimum(quotient(area(mask), hull_area(reach)), 1)
    yield f"{name}_extent", extent(mask)
    yield f"{name}_diameter", wide / min(mask.shape[1:])
    yield f"{name}_aspect", quotient(narrow, wide)


def _layout(nucleus: NDArray[np.bool_], cell: NDArray[np.bool_]) -> Iterator[tuple[str, NDArray]]:
    (ny, nx), (cy, cx) = centroid(nucleus), centroid(cell)
    yield "nc_ratio", quotient(area(nucleus), area(cell))
    yield "nucleus_offset", quotient(np.hypot(ny - cy, nx - cx), np.sqrt(area(cell)))
    border = cell[:, 0].sum(1) + cell[:, -1].sum(1) + cell[:, :, 0].sum(1) + cell[:, :, -1].sum(1)
    yield "cell_at_border", border / (2 * sum(cell.shape[1:]))


def _colour(
    density: NDArray[np.float32], nucleus: NDArray[np.bool_], cytoplasm: NDArray[np.bool_]
) -> Iterator[tuple[str, NDArray]]:
    means = {}
    for name, mask in (("nucleus", nucleus), ("cytoplasm", cytoplasm)):
        size = area(mask)[:, None]
        means[name] = mean = quotient(np.einsum("nhwc,nhw->nc", density, mask), size)
        square = quotient(np.einsum("nhwc,nhwc,nhw->nc", density, density, mask), size)
        sd = np.sqrt(np.maximum(square - mean**2, 0))
        share = quotient(mean, mean.sum(axis=1, keepdims=True))
        for c, channel in enumerate(("red", "green", "blue")):
            yield f"{name}_{channel}_mean", mean[:, c]
            yield f"{name}_{channel}_sd", sd[:, c]
        yield f"{name}_red_share", share[:, 0]
        yield f"{name}_blue_share", share[:, 2]
    ratio = quotient(means["cytoplasm"], means["nucleus"])
    for c, channel in enumerate(("red", "green", "blue")):
        yield f"cytoplasm_to_nucleus_{channel}", ratio[:, c]


def _texture(
    name: str, green: NDArray[np.float32], mask: NDArray[np.bool_], side: int
) -> Iterator[tuple[str, NDArray]]:
    for step in (1, 2):
        step_px = max(1, round(step * side / 64))
        across = _contrast(green, mask, (slice(None), slice(step_px, None)), (slice(None), slice(None, -step_px)))
        down = _contrast(green, mask, (slice(step_px, None), slice(None)), (slice(None, -step_px), slice(None)))
        yield f"{name}_contrast_{step}", (across + down) / 2
    for label, fine in (("fine", 1.0), ("coarse", 2.0)):
        sigma = fine * side / 64
        band = ndi.gaussian_filter(green, (0, sigma / 2, sigma / 2)) - ndi.gaussian_filter(green, (0, sigma, sigma))
        yield f"{name}_{label}_grain", np.sqrt(quotient(np.einsum("nhw,nhw,nhw->n", band, band, mask), area(mask)))


def _contrast(
    green: NDArray[np.float32], mask: NDArray[np.bool_], here: tuple[slice, slice], there: tuple[slice, slice]
) -> NDArray[np.float64]:
    both = mask[:, *here] & mask[:, *there]
    step = green[:, *here] - green[:, *there]
    return quotient(np.einsum("nhw,nhw,nhw->n", step, step, both), area(both))


def _curvature(green: NDArray[np.float32], sigma: float) -> tuple[NDArray, NDArray, NDArray]:
    """Return second derivatives of Gaussian-smoothed density along yy, xx and yx, in units of density."""
    yy, xx, yx = (sigma**2 * ndi.gaussian_filter(green, (0, sigma, sigma), order=(0, *o)) for o in _SECOND_ORDER)
    return yy, xx, yx


def _granules(yy: NDArray, xx: NDArray, inner: NDArray[np.bool_]) -> Iterator[tuple[str, NDArray]]:
    """Measure dark spots of about a fortieth of the side: peaks of the Laplacian of Gaussian."""
    spots = -(yy + xx)
    peaks = (spots == ndi.maximum_filter(spots, (1, 3, 3))) & (spots > _STANDS_OUT) & inner
    yield "granule_density", quotient(area(peaks), area(inner))
    yield "granule_strength", quotient(np.einsum("nhw,nhw->n", spots, peaks), area(peaks))


def _rods(yy: NDArray, xx: NDArray, yx: NDArray, inner: NDArray[np.bool_], side: int) -> Iterator[tuple[str, NDArray]]:
    """Measure dark lines: strong curvature across and little along, as Auer rods have."""
    root = np.hypot((yy - xx) / 2, yx)
    across, along = -((yy + xx) / 2 - root), -((yy + xx) / 2 + root)
    ridge = np.where(inner, np.maximum(across - 2 * np.abs(along), 0), 0)
    lines = ridge > _STANDS_OUT
    yield "rod_strength", ridge.max(axis=(1, 2))
    yield "rod_share", quotient(area(lines), area(inner))
    yield "rod_length", _longest(lines) / side


def _longest(lines: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the number of pixels of the largest connected part of each mask, (n,)."""
    labels, owner = labelled(lines)
    sizes = np.bincount(labels.ravel(), minlength=len(owner))
    sizes[0] = 0
    return sizes[labels].max(axis=(1, 2)).astype(np.float64)


FEATURES: tuple[str, ...] = tuple(name for name, _ in _measure(np.zeros((1, 8, 8, 3), np.uint8)))
OUTLINES: tuple[str, ...] = FEATURES[: FEATURES.index("cell_at_border")]
"""Features that measure the size and shape of nucleus and cell, and nothing within them."""
