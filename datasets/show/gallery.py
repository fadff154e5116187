"""A contact sheet of a generated cohort, to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from datasets.cohort import Cohort, ImageBags, Truth
from datasets.simulate.apl import information_map
from datasets.simulate.shared import COMPONENTS, ComponentMasks

Pixels = NDArray[np.uint8]
Rows = NDArray[np.int64]
_TILE, _GAP, _MARGIN, _HEAD = 128, 3, 150, 56
_PER_BLOCK = 6
_SHOWN = 2  # cells of a block whose components and map are shown
_TITLE = "{name}: generated cohort, figures describe algorithms, not patients ({version})"
_COLOURS = {  # later ones lie over earlier ones
    "rbc": (220, 60, 60),
    "artefact": (120, 120, 120),
    "cell": (90, 190, 255),
    "blebs": (255, 140, 0),
    "hof": (255, 255, 255),
    "nucleus": (40, 40, 200),
    "granules": (230, 0, 230),
    "nucleoli": (0, 200, 0),
    "auer": (255, 240, 0),
}


def generated_sheet(cohort: Cohort, to: Path) -> None:
    """Write a PNG: a row for each class, a block for each domain; normal cells; then components and information maps.

    Raises:
        ValueError: If the cohort has no images, no latent traits or no masks.
    """
    images, truth = cohort.images, cohort.truth
    if images is None or truth is None or truth.traits is None or not isinstance(truth.masks, ComponentMasks):
        raise ValueError(f"{cohort.name}: a contact sheet needs images, truth.traits and truth.masks of a generator")
    domains = sorted(set(cohort.domain.tolist()))
    leukaemic = truth.traits["leukaemic"].to_numpy()
    rows = _class_rows(cohort, images, leukaemic, domains) + _normal_rows(cohort, images, leukaemic, domains)
    explained = _class_rows(cohort, images, leukaemic, domains, _rank(truth))
    shown = [(name, [_explained(images, truth, chosen[:_SHOWN]) for chosen in blocks]) for name, blocks in explained]
    sheet = Image.new("RGB", (_left(len(domains), 0), _top(len(rows) + len(shown), 1)), "white")
    _label(sheet, (6, 4), _TITLE.format(name=cohort.name, version=cohort.provenance.version))
    for block, domain in enumerate(domains):
        _label(sheet, (_left(block, 0), 30), f"domain {domain}")
    for row, (name, blocks) in enumerate(rows):
        _paste_row(sheet, _top(row, 0), name, [images.pixels[chosen] for chosen in blocks])
        if images.cell_type is not None:
            _name_cells(sheet, _top(row, 0), [images.cell_type[chosen] for chosen in blocks])
    _legend(sheet, _top(len(rows), 0))
    for row, (name, tiles) in enumerate(shown, start=len(rows)):
        _paste_row(sheet, _top(row, 1), name, tiles)
    sheet.save(to)


def overlay(pixels: Pixels, masks: Mapping[str, NDArray[np.bool_]]) -> Pixels:
    """Return the images with every component tinted in its colour, uint8 (n, H, W, 3)."""
    result = pixels.astype(np.float32)
    for name, colour in _COLOURS.items():
        chosen = masks[name]
        result[chosen] = 0.5 * result[chosen] + 0.5 * np.array(colour, np.float32)
    return result.astype(np.uint8)


def heat(maps: NDArray[np.float32]) -> Pixels:
    """Return maps from black over red and yellow to white at each one's own maximum, uint8 (n, H, W, 3).

    The scale is that of the square root: a thin rod holds as much as the whole cytoplasm.
    """
    top = maps.max(axis=(1, 2), keepdims=True)
    level = 3 * np.sqrt(np.divide(maps, top, out=np.zeros_like(maps), where=top > 0))
    return (255 * np.clip(level[..., None] - np.arange(3), 0, 1)).astype(np.uint8)


def _rank(truth: Truth) -> NDArray[np.float64]:
    """Return how much an image deserves to be explained, (m,): Auer rods first, then much evidence."""
    if truth.traits is None:
        return np.zeros(0)
    evidence = np.zeros(len(truth.traits)) if truth.evidence is None else truth.evidence.sum(axis=1).to_numpy()
    return evidence + 100.0 * (truth.traits["auer"].to_numpy() > 0)


def _explained(images: ImageBags, truth: Truth, chosen: Rows) -> Pixels:
    """Return cell, components and information map of each chosen image, side by side in one batch."""
    if not isinstance(truth.masks, ComponentMasks):
        return images.pixels[chosen]
    pixels = images.pixels[chosen]
    parts = [pixels, overlay(pixels, ComponentMasks(truth.masks.bits[chosen]))]
    if truth.evidence is not None:
        parts.append(heat(information_map(truth, chosen)))
    return np.stack(parts, axis=1).reshape(-1, *pixels.shape[1:])


def _class_rows(
    cohort: Cohort,
    images: ImageBags,
    leukaemic: NDArray[np.bool_],
    domains: list[str],
    rank: NDArray[np.float64] | None = None,
) -> list[tuple[str, list[Rows]]]:
    """Return class and, for each domain, which leukaemic images to show; the highest ``rank`` of a bag first.

    Unseen classes follow the others. A class without leukaemic cells shows any of its cells.
    """
    rows, label = [], cohort.label
    for name in (*cohort.classes, *np.unique(label[~cohort.known]).tolist()):
        own = images[np.flatnonzero(label == name)].all_rows()
        wanted = leukaemic if leukaemic[own].any() else np.ones_like(leukaemic)
        here = [(label == name) & (cohort.domain == domain) for domain in domains]
        rows.append((name, [_spread(images, specimens, wanted, rank) for specimens in here]))
    return rows


def _normal_rows(
    cohort: Cohort, images: ImageBags, leukaemic: NDArray[np.bool_], domains: list[str]
) -> list[tuple[str, list[Rows]]]:
    kinds = np.full(len(images.pixels), "cell") if images.cell_type is None else images.cell_type
    rows = []
    for kind in sorted(set(kinds[~leukaemic].tolist())):
        wanted = (kinds == kind) & ~leukaemic
        blocks = [_spread(images, cohort.domain == domain, wanted, None) for domain in domains]
        rows.append((f"normal {kind}", blocks))
    return rows


def _spread(
    images: ImageBags, specimens: NDArray[np.bool_], wanted: NDArray[np.bool_], rank: NDArray[np.float64] | None
) -> Rows:
    """Return up to ``_PER_BLOCK`` images, first one a specimen, then second ones; with ``rank`` the best first."""
    bags = [rows[wanted[rows]] for rows in map(images.bag_rows, np.flatnonzero(specimens).tolist())]
    if rank is not None:
        bags = [bag[np.argsort(-rank[bag], kind="stable")] for bag in bags if len(bag)]
        bags.sort(key=lambda bag: -rank[bag[0]])
    in_turn = [bag[turn] for turn in range(_PER_BLOCK) for bag in bags if turn < len(bag)]
    return np.array(in_turn[:_PER_BLOCK], dtype=np.int64)


def _name_cells(sheet: Image.Image, top: int, blocks: list[NDArray[np.str_]]) -> None:
    """Write what kind of cell each picture of a row shows: marrow of any class holds other cells too."""
    for block, kinds in enumerate(blocks):
        for column, kind in enumerate(kinds.tolist()):
            _label(sheet, (_left(block, column) + 3, top + _TILE - 17), kind, (20, 20, 60), size=12)


def _left(block: int, column: int) -> int:
    return _MARGIN + block * (_PER_BLOCK * (_TILE + _GAP) + 12) + column * (_TILE + _GAP)


def _top(row: int, sections: int) -> int:
    return _HEAD + row * (_TILE + _GAP) + 30 * sections


def _label(
    sheet: Image.Image, at: tuple[int, int], text: str, colour: tuple[int, int, int] = (0, 0, 0), size: int = 14
) -> None:
    ImageDraw.Draw(sheet).text(at, text, fill=colour, font=ImageFont.load_default(size=size))


def _legend(sheet: Image.Image, top: int) -> None:
    _label(sheet, (6, top + 6), "generated cells: picture, components, information map (white: most, root scale)")
    for k, name in enumerate(COMPONENTS):
        left = 560 + 110 * k
        ImageDraw.Draw(sheet).rectangle((left, top + 8, left + 14, top + 22), fill=_COLOURS[name], outline="black")
        _label(sheet, (left + 20, top + 6), name)


def _paste_row(sheet: Image.Image, top: int, name: str, blocks: list[Pixels]) -> None:
    _label(sheet, (6, top + _TILE // 2), name)
    for block, images in enumerate(blocks):
        for column, image in enumerate(images):
            tile = Image.fromarray(image).resize((_TILE, _TILE), Image.Resampling.BICUBIC)
            sheet.paste(tile, (_left(block, column), top))
