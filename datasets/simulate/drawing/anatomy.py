"""Where the parts of each cell lie on the pixel grid: granules, rods, nucleoli, Golgi zone, crease, blebs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from datasets.simulate.drawing import shapes
from datasets.simulate.drawing.canvas import Canvas, column, coverage
from datasets.simulate.drawing.cells import SHAPES, Cells
from datasets.simulate.drawing.outlines import Outlines, draw_outlines
from datasets.simulate.shared import Stream, generator

Floats = NDArray[np.float32]
_ROD_HALF_UM = (0.40, 0.30)  # of one rod, of each in a faggot
_ROD_CLEARING_UM = 0.35
_CREASE_HALF_UM = 0.22
_SMEAR_UM = 1.8
_GRAIN_CONTRAST, _GRAIN_EDGE = 2.4, 0.4
_PATCHY = 0.6  # how much more granules crowd in places than they vary by themselves
_GRAIN_FREE_UM = 0.45  # of cytoplasm under the membrane


@dataclass(frozen=True)
class Anatomy:
    """Hold soft maps of the parts of a batch of cells, float32 (b, side, side), 0 to 1.

    Attributes:
        outlines: Distances inside cell and nucleus.
        cell, nucleus, cytoplasm, granules, auer, nucleoli, hof, crease: How much of each pixel the part fills.
    """

    outlines: Outlines
    cell: Floats
    nucleus: Floats
    cytoplasm: Floats
    granules: Floats
    auer: Floats
    nucleoli: Floats
    hof: Floats
    crease: Floats

    def masks(self) -> dict[str, Floats]:
        """Return how much of each pixel the components of the cell fill."""
        return {
            "cell": self.cell,
            "nucleus": self.nucleus,
            "nucleoli": self.nucleoli,
            "hof": self.hof * self.cytoplasm,
            "blebs": coverage(self.outlines.beyond_body) * self.cell,
            "granules": self.granules,
            "auer": self.auer,
        }


def dissect(canvas: Canvas, cells: Cells, patient: int) -> Anatomy:
    """Return where everything lies in the cells of one bag."""
    lines = draw_outlines(canvas, cells, patient)
    cell, nucleus = coverage(lines.cell_in), coverage(lines.nucleus_in)
    smears = np.flatnonzero(lines.smudged)
    cell[smears] = nucleus[smears] = coverage(lines.cell_in[smears], canvas.px(_SMEAR_UM))
    cytoplasm = cell - nucleus
    hof = _hof(canvas, cells, lines)
    granules = _granules(canvas, cells, patient, cytoplasm, nucleus, hof, lines.cell_in)
    auer = canvas.blank()
    bearing = np.flatnonzero(cells.auer)
    if len(bearing):
        inside = _auer(canvas, cells, lines.facing, patient, bearing)
        auer[bearing] = coverage(inside) * cell[bearing]
        granules[bearing] *= 1 - coverage(inside + canvas.px(_ROD_CLEARING_UM))
    nucleoli = _nucleoli(canvas, cells, lines, patient) * nucleus
    crease = _crease(canvas, cells, lines.facing)
    return Anatomy(lines, cell, nucleus, cytoplasm, granules, auer, nucleoli, hof, crease)


def _granules(
    canvas: Canvas, cells: Cells, patient: int, cytoplasm: Floats, nucleus: Floats, hof: Floats, cell_in: Floats
) -> Floats:
    """Return how much of each pixel is granule: patchy noise above the level that covers the share asked for."""
    u = generator(canvas.seed, Stream.GRANULES, patient).random((len(canvas), 7))
    rows = np.flatnonzero(cells.granules[:, 0] > 0)
    some, u = canvas.only(rows), u[rows]
    grain = some.texture("granule", u[:, :2], u[:, 2:5])
    grain += np.float32(_PATCHY) * _about_its_mean(some.texture("patch", u[:, 5:]), cytoplasm[rows])
    grain *= np.float32(1 / np.hypot(1, _PATCHY))
    grain -= column(ndtri(1 - np.clip(cells.granules[rows, 0], 1e-4, 0.9)))
    grain *= np.float32(_GRAIN_CONTRAST)
    grain += np.float32(_GRAIN_EDGE)
    np.clip(grain, 0, 1, out=grain)
    grain *= cytoplasm[rows] + nucleus[rows] * column(0.7 * cells.granules[rows, 2])
    grain *= coverage(cell_in[rows] - canvas.px(_GRAIN_FREE_UM))
    grain *= 1 - column(cells.hof[rows]) * hof[rows]
    result = canvas.blank()
    result[rows] = grain
    return result


def _about_its_mean(noise: Floats, weight: Floats) -> Floats:
    """Return noise less its mean where ``weight`` is: patches move granules about, they do not add any."""
    total = (noise * weight).sum(axis=(1, 2)) / np.maximum(weight.sum(axis=(1, 2)), 1)
    return noise - column(total)


def _hof(canvas: Canvas, cells: Cells, lines: Outlines) -> Floats:
    """Return the Golgi zone of the cells that show one: a soft disc between nucleus and membrane."""
    result = canvas.blank()
    rows = np.flatnonzero(cells.hof > 0)
    if len(rows):
        radius = cells.diameter_um[rows] / 2 / canvas.px_um
        away = 0.35 * radius[:, None] * np.stack([np.sin(lines.facing), np.cos(lines.facing)], axis=1)[rows]
        disc = canvas.discs((canvas.centre[rows] + away)[:, None], (0.34 * radius)[:, None])
        result[rows] = coverage(disc, canvas.px(1.2))
    return result


def _auer(canvas: Canvas, cells: Cells, facing: NDArray, patient: int, rows: NDArray) -> Floats:
    """Return the distance in px inside the rods of the cells ``rows``: capsules in the widest cytoplasm."""
    u = generator(canvas.seed, Stream.AUER, patient).random((len(canvas), 18))[rows]
    offset, length, turn = shapes.rods(u, cells.auer[rows])
    at = cells.diameter_um[rows] / 2 * (0.62 + 0.16 * u[:, 16]) / canvas.px_um
    direction = facing[rows] + 0.8 * (u[:, 17] - 0.5)
    dy, dx = canvas.offsets(rows)
    dy = dy - column(at * np.sin(direction))
    dx = dx - column(at * np.cos(direction))
    result = np.full((len(rows), canvas.side, canvas.side), -1e3, np.float32)
    for k in np.flatnonzero((length > 0).any(axis=0)):
        angle = direction + np.pi / 2 + turn[:, k]
        along = np.abs(dy * column(np.sin(angle)) + dx * column(np.cos(angle)))
        across = dx * column(np.sin(angle)) - dy * column(np.cos(angle)) + column(offset[:, k] / canvas.px_um)
        beyond = np.maximum(along - column(length[:, k] / 2 / canvas.px_um), 0)
        half = column(np.where(cells.auer[rows] == 1, *_ROD_HALF_UM) / canvas.px_um)
        inside = half - np.hypot(beyond, across) - column(np.where(length[:, k] > 0, 0, 1e3))
        np.maximum(result, inside, out=result)
    return result


def _nucleoli(canvas: Canvas, cells: Cells, lines: Outlines, patient: int) -> Floats:
    """Return up to four discs near the middle of the nucleus."""
    u = generator(canvas.seed, Stream.NUCLEOLI, patient).random((len(canvas), 4, 3))
    result = canvas.blank()
    rows = np.flatnonzero((cells.nucleoli > 0) & ~lines.smudged)
    u = u[rows]
    reach = (0.55 * np.sqrt(cells.nc_ratio[rows]) * cells.diameter_um[rows] / 2 / canvas.px_um)[:, None]
    out, angle = reach * np.sqrt(u[:, :, 0]), 2 * np.pi * u[:, :, 1]
    place = lines.nucleus_at[rows, None, :] + np.stack([out * np.sin(angle), out * np.cos(angle)], axis=2)
    radius = np.where(np.arange(4) < cells.nucleoli[rows, None], (0.8 + 0.6 * u[:, :, 2]) / canvas.px_um, 0)
    result[rows] = coverage(canvas.discs(place, radius), canvas.px(0.5))
    return result


def _crease(canvas: Canvas, cells: Cells, facing: NDArray) -> Floats:
    """Return the line where a folded nucleus overlaps itself, bent, from the notch inwards."""
    result = canvas.blank()
    rows = np.flatnonzero(cells.shape == SHAPES.index("folded"))
    dy, dx = canvas.offsets(rows)
    sine, cosine = column(np.sin(facing[rows])), column(np.cos(facing[rows]))
    along, across = dy * sine + dx * cosine, dx * sine - dy * cosine
    bend = across + along**2 * column(0.35 / cells.diameter_um[rows] * canvas.px_um)
    result[rows] = coverage(canvas.px(_CREASE_HALF_UM) - np.abs(bend), canvas.px(0.4))
    return result
