"""Print generated promyelocytes beside real ones: how often the frame cuts them, how large they are, colours, outline.

Run from the repository root: ``python -m perf.smear``; needs apl-jhu on this machine and scikit-image. Both are cut out
by the same few lines of scikit-image, which know nothing of the generator; the real field is as wide as the generated
one if a pixel of the originals is 0.1 um. ``--sheet FILE.png`` writes both kinds under one another, to be looked at.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage import filters, measure, morphology, segmentation

from datasets.public import apl_jhu
from datasets.simulate.apl import sample_world
from datasets.simulate.drawing import render
from datasets.simulate.shared import SITES

Pixels = NDArray[np.uint8]
REAL_CROP = 280
_POINTS, _SMOOTH, _STRAIGHT = 128, 3, 0.35  # of an outline; in points; curvature in units of that of a disc
_SHEET_ROWS, _SHEET_COLUMNS = 2, 14


def main() -> None:
    """Print one column for each site and one for the real cells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=200, help="of each kind")
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    shown = {f"site {SITES[s]}": generated(s, options.cells, options.image_size, options.seed) for s in range(3)}
    shown["real"] = real(options.cells, options.image_size, options.seed)
    table = pd.DataFrame({name: statistics(pixels) for name, pixels in shown.items()})
    print(table.to_string(float_format="{:.2f}".format))
    if options.sheet:
        Image.fromarray(np.concatenate([sheet(pixels) for pixels in shown.values()])).save(options.sheet)


def generated(site: int, cells: int, image_size: int, seed: int) -> Pixels:
    """Return leukaemic cells of one site, uint8 (cells, side, side, 3)."""
    world = sample_world(1.0, max(5, cells // 5), 12, 0.0, seed)
    pixels = render(world.cells, np.full(len(world.patients), site), image_size, seed)["pixels"]
    sick = np.flatnonzero(world.cells.leukaemic)
    return pixels[np.sort(np.random.default_rng(seed).permutation(sick)[:cells])]


def real(cells: int, image_size: int, seed: int) -> Pixels:
    """Return promyelocytes of apl-jhu, uint8 (cells, side, side, 3)."""
    images = apl_jhu.load(image_size=image_size, crop=REAL_CROP).images
    if images is None or images.cell_type is None:
        raise ValueError("apl-jhu came without images or cell types; load it again")
    chosen = np.random.default_rng(seed).permutation(np.flatnonzero(images.cell_type == "Promyelocyte"))
    return images.pixels[np.sort(chosen[:cells])]


def statistics(pixels: Pixels) -> dict[str, float]:
    """Return what is compared, medians over images but for shares."""
    cells = [central_cell(image) for image in pixels]
    pairs = [(image, cell) for image, cell in zip(pixels, cells, strict=True) if cell.any()]
    whole = [cell for _, cell in pairs if not is_cut(cell)]
    film = np.median([np.median(background(image), axis=0) for image, _ in pairs], axis=0)
    return {
        "cells found": len(pairs) / len(pixels),
        "cut by the frame": float(np.mean([is_cut(cell) for _, cell in pairs])),
        "cell area / picture": float(np.median([cell.mean() for _, cell in pairs])),
        "straight share of the outline": float(np.median([straight_share(cell) for cell in whole])),
        **{f"background {name}": float(value) for name, value in zip("RGB", film, strict=True)},
    }


def central_cell(image: Pixels) -> NDArray[np.bool_]:
    """Return the white cell nearest the middle, bool (side, side); empty where none is found."""
    light = np.maximum(image.astype(float), 1) / np.percentile(image.reshape(-1, 3), 95, axis=0)
    red, green, blue = np.moveaxis(-np.log10(np.minimum(light, 1)), 2, 0)
    excess = filters.gaussian(red + green - 2 * blue, len(image) / 90)
    found = morphology.remove_small_objects(excess > filters.threshold_otsu(excess), max_size=len(image) ** 2 // 100)
    found = morphology.opening(found, morphology.disk(max(1, len(image) // 32)))
    middle = np.hypot(*(np.indices(found.shape) - len(image) / 2))
    depth = filters.gaussian(ndimage.distance_transform_edt(np.pad(found, 1, mode="edge"))[1:-1, 1:-1], 1)
    seeds = measure.label(morphology.h_maxima(depth, len(image) / 24))
    parts = segmentation.watershed(-depth, seeds, mask=found)
    inside = parts[middle < len(image) / 6]
    if not inside.any():
        return np.zeros(found.shape, bool)
    return np.asarray(parts == np.bincount(inside[inside > 0]).argmax())


def is_cut(cell: NDArray[np.bool_]) -> bool:
    """Return whether a cell touches the frame."""
    return bool(cell[[0, -1]].any() or cell[:, [0, -1]].any())


def straight_share(cell: NDArray[np.bool_]) -> float:
    """Return the share of an outline that hardly bends: curvature below a third of that of a disc of its area."""
    rim = max(measure.find_contours(filters.gaussian(np.pad(cell, 2).astype(float), 1), 0.5), key=len)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(rim, axis=0).T))])
    steps = np.linspace(0, along[-1], _POINTS, endpoint=False)
    y, x = (ndimage.gaussian_filter1d(np.interp(steps, along, part), _SMOOTH, mode="wrap") for part in rim.T)
    (dy, dx), (ddy, ddx) = (_slope(y), _slope(x)), (_slope(_slope(y)), _slope(_slope(x)))
    bend = np.abs(dx * ddy - dy * ddx) / np.hypot(dx, dy) ** 3
    return float((bend * np.sqrt(cell.sum() / np.pi) < _STRAIGHT).mean())


def _slope(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    return (np.roll(ring, -1) - np.roll(ring, 1)) / 2


def background(image: Pixels) -> Pixels:
    """Return the bright pixels of a picture, (k, 3)."""
    bright = image.min(axis=2)
    return image[bright >= np.percentile(bright, 80)]


def sheet(pixels: Pixels) -> Pixels:
    """Return the first images in rows, uint8 (rows * side, columns * side, 3)."""
    tiles = pixels[: _SHEET_ROWS * _SHEET_COLUMNS]
    side = tiles.shape[1]
    rows = tiles.reshape(_SHEET_ROWS, _SHEET_COLUMNS, side, side, 3).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(rows.reshape(_SHEET_ROWS * side, _SHEET_COLUMNS * side, 3))


if __name__ == "__main__":
    main()
