"""A contact sheet of real cells, to be looked at: a row for each class and unseen class, a block for each domain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from datasets.cohort import Cohort

_TILE, _GAP, _MARGIN, _HEAD, _PER_BLOCK = 96, 3, 170, 56, 8


def contact_sheet(cohort: Cohort, to: Path, seed: int = 0) -> None:
    """Write a PNG with up to eight images of each class and domain, drawn at random, at most one a specimen.

    Raises:
        ValueError: If the cohort has no images.
    """
    if cohort.images is None:
        raise ValueError(f"{cohort.name} has no images")
    domains, label = sorted(set(cohort.domain.tolist())), cohort.label
    rows = (*cohort.classes, *np.unique(label[~cohort.known]).tolist())
    width = _MARGIN + len(domains) * (_PER_BLOCK * (_TILE + _GAP) + 4 * _GAP)
    sheet = Image.new("RGB", (width, _HEAD + len(rows) * (_TILE + _GAP)), "white")
    _write(sheet, (6, 4), f"{cohort.name}: {cohort.provenance.source}, images as entries see them")
    rng = np.random.default_rng(seed)
    for block, domain in enumerate(domains):
        left = _MARGIN + block * (_PER_BLOCK * (_TILE + _GAP) + 4 * _GAP)
        _write(sheet, (left, 30), f"domain {domain}")
        for k, name in enumerate(rows):
            for column, row in enumerate(_drawn(cohort, (label == name) & (cohort.domain == domain), rng)):
                tile = Image.fromarray(cohort.images.pixels[row]).resize((_TILE, _TILE), Image.Resampling.NEAREST)
                sheet.paste(tile, (left + column * (_TILE + _GAP), _HEAD + k * (_TILE + _GAP)))
    for k, name in enumerate(rows):
        _write(sheet, (6, _HEAD + k * (_TILE + _GAP) + _TILE // 2 - 8), name)
    sheet.save(to)


def _drawn(cohort: Cohort, chosen: NDArray[np.bool_], rng: np.random.Generator) -> list[int]:
    """Return positions in ``pixels``, one of each drawn specimen."""
    if cohort.images is None:
        return []
    specimens = np.flatnonzero(chosen & (cohort.images.sizes > 0))
    picked = rng.permutation(specimens)[:_PER_BLOCK]
    return [int(rng.choice(cohort.images.bag_rows(int(i)))) for i in picked]


def _write(sheet: Image.Image, place: tuple[int, int], text: str) -> None:
    ImageDraw.Draw(sheet).text(place, text, fill="black", font=ImageFont.load_default(15))
