"""Stain cells: amounts of each pigment on the pixel grid, with the masks of what was drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.drawing.anatomy import Anatomy, dissect
from datasets.simulate.drawing.canvas import Canvas, column, coverage
from datasets.simulate.drawing.cells import Cells
from datasets.simulate.drawing.stain import PIGMENTS
from datasets.simulate.shared import Stream, generator

Floats = NDArray[np.float32]
BLUE, PURPLE, EOSIN, MAGENTA, HAEMOGLOBIN = range(len(PIGMENTS))
_NUCLEOLUS_LOSS, _NUCLEOLUS_BLUE, _NUCLEOLUS_SMOOTH = 0.45, 0.16, 0.8
_AUER_MAGENTA = 0.58
_GRANULE_BLUE = 0.2  # of their magenta
_MEMBRANE_UM, _MEMBRANE = 0.45, 0.26
_CONTRAST, _BLOCK_CONTRAST = 1.3, 0.75  # of fine and of blocky chromatin, per unit of clumping
_FINE, _CLUMPED = 0.15, 0.35  # clumping below which chromatin is fine, above which it lies in blocks
_SMEAR_PALE = 0.7


@dataclass(frozen=True)
class Drawing:
    """Pigment amounts (b, 5, side, side) and soft masks (b, side, side) each, float32."""

    pigments: Floats
    masks: dict[str, Floats]


def draw_cells(canvas: Canvas, cells: Cells, patient: int) -> Drawing:
    """Return the cells of one bag without their surroundings."""
    parts = dissect(canvas, cells, patient)
    u = generator(canvas.seed, Stream.TEXTURE, patient).random((len(canvas), 7))
    pigments = np.zeros((len(canvas), len(PIGMENTS), canvas.side, canvas.side), np.float32)
    _stain_cytoplasm(pigments, canvas, cells, parts, u[:, :2])
    _stain_nucleus(pigments, canvas, cells, parts, u[:, 2:])
    magenta = parts.granules * column(cells.granules[:, 1])
    pigments[:, BLUE] += np.float32(_GRANULE_BLUE) * magenta
    magenta += np.float32(_AUER_MAGENTA) * parts.auer
    pigments[:, MAGENTA] += magenta
    return Drawing(pigments, parts.masks())


def _stain_cytoplasm(pigments: Floats, canvas: Canvas, cells: Cells, parts: Anatomy, corners: NDArray) -> None:
    """Add the cytoplasm: uneven, deeper blue at the membrane, pale in the hof."""
    depth = canvas.texture("cytoplasm", corners)
    depth += 1
    np.maximum(depth, np.float32(0.3), out=depth)
    depth *= parts.cytoplasm
    rim = coverage(canvas.px(1.0) - parts.outlines.cell_in, canvas.px(0.9))
    rim *= np.float32(0.35)
    rim += 1
    pale = np.flatnonzero(cells.hof > 0)
    rim[pale] *= 1 - column(cells.hof[pale]) * parts.hof[pale]
    for k in np.flatnonzero(cells.cytoplasm.any(axis=0)):
        layer = depth * column(cells.cytoplasm[:, k])
        pigments[:, k] += layer * rim if k == BLUE else layer


def _stain_nucleus(pigments: Floats, canvas: Canvas, cells: Cells, parts: Anatomy, u: NDArray) -> None:
    """Add the nucleus: clumped or fine chromatin, a denser membrane and crease, paler bluish nucleoli."""
    chromatin = _chromatin(canvas, cells.nucleus[:, 2], u)
    chromatin *= 1 - np.float32(_NUCLEOLUS_SMOOTH) * parts.nucleoli
    chromatin += 1
    edge = coverage(canvas.px(_MEMBRANE_UM) - parts.outlines.nucleus_in, canvas.px(_MEMBRANE_UM))
    chromatin += edge * column(np.where(parts.outlines.smudged, 0, _MEMBRANE))
    chromatin += np.float32(0.35) * parts.crease
    np.clip(chromatin, 0.35, 1.9, out=chromatin)
    chromatin *= parts.nucleus * column(np.where(parts.outlines.smudged, _SMEAR_PALE, 1))
    purple = chromatin * column(cells.nucleus[:, 0])
    purple *= 1 - np.float32(_NUCLEOLUS_LOSS) * parts.nucleoli
    pigments[:, PURPLE] += purple
    pigments[:, BLUE] += chromatin * column(cells.nucleus[:, 1]) + np.float32(_NUCLEOLUS_BLUE) * parts.nucleoli


def _chromatin(canvas: Canvas, clumping: NDArray[np.float64], u: NDArray) -> Floats:
    """Return how much denser than its mean chromatin is: fine chromatin that gives way to blocks as clumping grows."""
    blocky = np.clip((clumping - _FINE) / (_CLUMPED - _FINE), 0, 1)
    chromatin = canvas.texture("chromatin", u[:, :2], u[:, 2:])
    chromatin *= column(_CONTRAST * clumping * (1 - blocky))
    rows = np.flatnonzero(blocky)
    blocks = canvas.only(rows).texture("blocks", u[rows, :2], u[rows, 2:])
    chromatin[rows] += blocks * column((_BLOCK_CONTRAST * clumping * blocky)[rows])
    return chromatin
