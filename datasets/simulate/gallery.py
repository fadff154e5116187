"""A contact sheet of a generated cohort, to be looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from datasets.cohort import Cohort, ImageBags

Row = tuple[str, list[NDArray[np.int64]]]
_TILE, _GAP, _MARGIN, _HEAD = 128, 3, 150, 52
_PER_BLOCK = 5
_MASKS = ("nucleus", "auer")
_TITLE = "{name}: generated cohort, figures describe algorithms, not patients ({version})"


def contact_sheet(cohort: Cohort, path: Path) -> None:
    """Write a PNG: a row for each class, a block for each site, then normal cells, then masks.

    Raises:
        ValueError: If the cohort has no images or no latent traits.
    """
    if cohort.images is None or cohort.truth is None or cohort.truth.traits is None:
        raise ValueError(f"{cohort.name}: a contact sheet needs images and truth.traits, as generated cohorts have")
    sites = sorted(set(cohort.domain.tolist()))
    rows = _rows(cohort, cohort.images, cohort.truth.traits["leukaemic"].to_numpy(), sites)
    masks = [(f"{name}, row 1", cohort.truth.masks[name]) for name in _MASKS if name in cohort.truth.masks]
    sheet = Image.new("RGB", (_left(len(sites), 0), _top(len(rows) + len(masks))), "white")
    _label(sheet, (6, 4), _TITLE.format(name=cohort.name, version=cohort.provenance.version))
    for s, site in enumerate(sites):
        _label(sheet, (_left(s, 0), 26), f"site {site}")
    for r, (name, blocks) in enumerate(rows):
        _paste_row(sheet, r, name, [cohort.images.pixels[chosen] for chosen in blocks])
    for r, (name, mask) in enumerate(masks, start=len(rows)):
        _paste_row(sheet, r, name, [mask[chosen].astype(np.uint8) * 255 for chosen in rows[0][1]])
    sheet.save(path)


def _rows(cohort: Cohort, images: ImageBags, leukaemic: NDArray[np.bool_], sites: list[str]) -> list[Row]:
    """Return row name and, for each site, which images to show."""
    kinds = np.full(len(images.pixels), "cell") if images.cell_type is None else images.cell_type
    rows = []
    for k, name in enumerate(cohort.classes):
        blocks = [_spread(images, (cohort.y == k) & (cohort.domain == site), leukaemic) for site in sites]
        rows.append((name, blocks))
    for kind in sorted(set(kinds[~leukaemic].tolist())):
        wanted = (kinds == kind) & ~leukaemic
        rows.append((f"normal {kind}", [_spread(images, cohort.domain == site, wanted) for site in sites]))
    return rows


def _spread(images: ImageBags, specimens: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return up to ``_PER_BLOCK`` images, first one a specimen, then second ones."""
    bags = [rows[wanted[rows]] for rows in map(images.bag_rows, np.flatnonzero(specimens).tolist())]
    in_turn = [bag[turn] for turn in range(_PER_BLOCK) for bag in bags if turn < len(bag)]
    return np.array(in_turn[:_PER_BLOCK], dtype=np.int64)


def _left(block: int, column: int) -> int:
    return _MARGIN + block * (_PER_BLOCK * (_TILE + _GAP) + 12) + column * (_TILE + _GAP)


def _top(row: int) -> int:
    return _HEAD + row * (_TILE + _GAP)


def _label(sheet: Image.Image, at: tuple[int, int], text: str) -> None:
    ImageDraw.Draw(sheet).text(at, text, fill="black", font=ImageFont.load_default(size=14))


def _paste_row(sheet: Image.Image, row: int, name: str, blocks: list[NDArray[np.uint8]]) -> None:
    _label(sheet, (6, _top(row) + _TILE // 2), name)
    for block, images in enumerate(blocks):
        for column, image in enumerate(images):
            tile = Image.fromarray(image).resize((_TILE, _TILE), Image.Resampling.BICUBIC)
            sheet.paste(tile, (_left(block, column), _top(row)))
