"""Where the parts of each cell lie on the fine grid: outlines, granules, rods, nucleoli, Golgi zone, crease."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from datasets.simulate import shapes
from datasets.simulate.canvas import Canvas, coverage
from datasets.simulate.cells import SHAPES, Cells
from datasets.simulate.draws import Stream, generator

Floats = NDArray[np.float32]
_ROD_HALF_UM, _ROD_CLEARING_UM = 0.24, 0.35
_CREASE_HALF_UM = 0.22


@dataclass(frozen=True)
class Anatomy:
    """Hold soft maps of the parts of a batch of cells, float32 (b, side, side), 0 to 1.

    Attributes:
        cell_in: Distance inside the cell's outline in px, negative outside.
        nucleus_in: Distance inside the nucleus in px.
        cell, nucleus, granules, auer, nucleoli, hof, crease: How much of each pixel the part fills.
    """

    cell_in: Floats
    nucleus_in: Floats
    cell: Floats
    nucleus: Floats
    granules: Floats
    auer: Floats
    nucleoli: Floats
    hof: Floats
    crease: Floats

    @property
    def cytoplasm(self) -> Floats:
        """Return the cell without its nucleus."""
        return self.cell - self.nucleus


def column(values: NDArray) -> Floats:
    """Return one value a cell, (b,), in a shape that multiplies maps."""
    return values[:, None, None].astype(np.float32)


def dissect(canvas: Canvas, cells: Cells, patient: int) -> Anatomy:
    """Return where everything lies in the cells of one bag."""
    cell_in, nucleus_in, facing = _outlines(canvas, cells, patient)
    cell, nucleus = coverage(cell_in), coverage(nucleus_in)
    hof = _hof(canvas, cells, facing)
    granules = _granules(canvas, cells, patient, cell - nucleus, nucleus) * (1 - hof)
    auer = np.zeros_like(cell)
    bearing = np.flatnonzero(cells.auer)
    if len(bearing):
        inside = _auer(canvas, cells, facing, patient, bearing)
        auer[bearing] = coverage(inside) * cell[bearing]
        granules[bearing] *= 1 - coverage(inside + np.float32(_ROD_CLEARING_UM / canvas.px_um))
    nucleoli, crease = _nucleoli(canvas, cells, patient), _crease(canvas, cells, facing)
    return Anatomy(cell_in, nucleus_in, cell, nucleus, granules, auer, nucleoli, hof, crease)


def _outlines(canvas: Canvas, cells: Cells, patient: int) -> tuple[Floats, Floats, NDArray]:
    """Return distances inside cell and nucleus in px, and the direction of the widest cytoplasm."""
    b = len(canvas)
    drawn = generator(canvas.seed, Stream.OUTLINE, patient).random((b, shapes.OUTLINE_DRAWS))
    radius = cells.diameter_um / 2 / canvas.px_um
    cell_area = np.pi * radius**2
    cell_in = canvas.inside(shapes.cell_outline(drawn, cell_area, cells.bleb), canvas.centre)
    u = generator(canvas.seed, Stream.NUCLEUS, patient).random((b, shapes.NUCLEUS_DRAWS + 2))
    facing = 2 * np.pi * u[:, -1]
    shift = (cells.eccentricity * (0.5 + 0.5 * u[:, -2]) * (1 - np.sqrt(cells.nc_ratio)) * radius)[:, None]
    centre = canvas.centre - shift * np.stack([np.sin(facing), np.cos(facing)], axis=1)
    area = cells.nc_ratio * cell_area
    outline = shapes.nucleus_outline(u[:, :-2], cells.shape, area, facing)
    nucleus_in = canvas.inside(outline, np.round(centre).astype(np.int64))
    lobed = np.flatnonzero(cells.shape == SHAPES.index("lobed"))
    if len(lobed):
        nucleus_in[lobed] = canvas.discs(*shapes.segments(u[lobed], np.sqrt(area[lobed] / np.pi), centre[lobed]))
    return cell_in, np.minimum(nucleus_in, cell_in - np.float32(0.35 / canvas.px_um)), facing


def _granules(canvas: Canvas, cells: Cells, patient: int, cytoplasm: Floats, nucleus: Floats) -> Floats:
    """Return how much of each pixel is granule: noise above the level that covers the share asked for."""
    corners = generator(canvas.seed, Stream.GRANULES, patient).random((len(canvas), 2))
    level = column(ndtri(1 - np.clip(cells.granules[:, 0], 1e-4, 0.9)))
    grain = np.clip((canvas.texture("granule", corners) - level) * np.float32(1.8), 0, 1)
    return grain * (cytoplasm + nucleus * column(0.7 * cells.granules[:, 2]))


def _hof(canvas: Canvas, cells: Cells, facing: NDArray) -> Floats:
    """Return how pale the Golgi zone is: a soft disc between nucleus and membrane."""
    if not cells.hof.any():
        return np.zeros((len(canvas), canvas.side, canvas.side), np.float32)
    radius = cells.diameter_um / 2 / canvas.px_um
    away = (0.35 * radius)[:, None] * np.stack([np.sin(facing), np.cos(facing)], axis=1)
    disc = canvas.discs((canvas.centre + away)[:, None].astype(np.float32), (0.34 * radius)[:, None].astype(np.float32))
    return coverage(disc, soft_px=1.2 / canvas.px_um) * column(cells.hof)


def _auer(canvas: Canvas, cells: Cells, facing: NDArray, patient: int, rows: NDArray) -> Floats:
    """Return the distance in px inside the rods of the cells ``rows``: capsules in the widest cytoplasm."""
    u = generator(canvas.seed, Stream.AUER, patient).random((len(canvas), 18))[rows]
    offset, length, turn = shapes.rods(u, cells.auer[rows])
    radius = cells.diameter_um[rows] / 2
    at = radius * (0.62 + 0.16 * u[:, 16]) / canvas.px_um
    direction = facing[rows] + 0.8 * (u[:, 17] - 0.5)
    dy, dx = canvas.offsets(rows)
    dy = dy - column(at * np.sin(direction))
    dx = dx - column(at * np.cos(direction))
    result = np.full((len(rows), canvas.side, canvas.side), -1e3, np.float32)
    for k in np.flatnonzero((length > 0).any(axis=0)):
        angle = direction + np.pi / 2 + turn[:, k]
        along = np.abs(dy * column(np.sin(angle)) + dx * column(np.cos(angle))) * np.float32(canvas.px_um)
        across = dx * column(np.sin(angle)) - dy * column(np.cos(angle))
        across = across * np.float32(canvas.px_um) + column(offset[:, k])
        beyond = np.maximum(along - column(length[:, k] / 2), 0)
        inside = np.float32(_ROD_HALF_UM) - np.hypot(beyond, across)
        inside = inside / np.float32(canvas.px_um) - column(np.where(length[:, k] > 0, 0, 1e3))
        np.maximum(result, inside, out=result)
    return result


def _nucleoli(canvas: Canvas, cells: Cells, patient: int) -> Floats:
    """Return up to four pale discs near the middle of the nucleus."""
    u = generator(canvas.seed, Stream.NUCLEOLI, patient).random((len(canvas), 4, 3))
    reach = (0.5 * np.sqrt(cells.nc_ratio) * cells.diameter_um / 2 / canvas.px_um)[:, None]
    out, angle = reach * np.sqrt(u[:, :, 0]), 2 * np.pi * u[:, :, 1]
    place = canvas.centre[:, None, :] + np.stack([out * np.sin(angle), out * np.cos(angle)], axis=2)
    radius = np.where(np.arange(4) < cells.nucleoli[:, None], (0.7 + 0.6 * u[:, :, 2]) / canvas.px_um, 0)
    return coverage(canvas.discs(place.astype(np.float32), radius.astype(np.float32)), soft_px=0.7 / canvas.px_um)


def _crease(canvas: Canvas, cells: Cells, facing: NDArray) -> Floats:
    """Return the line where a folded nucleus overlaps itself, bent, from the notch inwards."""
    result = np.zeros((len(canvas), canvas.side, canvas.side), np.float32)
    rows = np.flatnonzero(cells.shape == SHAPES.index("folded"))
    dy, dx = canvas.offsets(rows)
    sine, cosine = column(np.sin(facing[rows])), column(np.cos(facing[rows]))
    along, across = dy * sine + dx * cosine, dx * sine - dy * cosine
    bend = across + along**2 * column(0.35 / cells.diameter_um[rows] * canvas.px_um)
    result[rows] = coverage(np.float32(_CREASE_HALF_UM / canvas.px_um) - np.abs(bend), soft_px=0.4 / canvas.px_um)
    return result
