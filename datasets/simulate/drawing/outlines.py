"""Where cell and nucleus end: distances inside their outlines, on the pixel grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.drawing import shapes
from datasets.simulate.drawing.canvas import Canvas, column
from datasets.simulate.drawing.cells import SHAPES, Cells
from datasets.simulate.shared import Stream, generator

Floats = NDArray[np.float32]
_MARGIN_UM = 0.35  # cytoplasm between nucleus and membrane
_RAGGED_UM = 3.5  # how far the texture pushes the edge of a smudge about, per unit
_LOBES_SIZE = 0.91  # radius of the lobes of a neutrophil; makes their union the area asked for


@dataclass(frozen=True)
class Outlines:
    """Hold distances in px, positive inside, float32 (b, side, side), and where the nucleus lies.

    Attributes:
        cell_in, nucleus_in: Inside cell and nucleus.
        beyond_body: Outside the cell's outline as it would be without blebs; empty rows where there are none.
        facing: Direction of the widest cytoplasm, radians, (b,).
        nucleus_at: Centre of the nucleus, row and column in px, (b, 2).
        smudged: Bare smeared nuclei, bool (b,).
    """

    cell_in: Floats
    nucleus_in: Floats
    beyond_body: Floats
    facing: NDArray[np.float64]
    nucleus_at: NDArray[np.float64]
    smudged: NDArray[np.bool_]


def draw_outlines(canvas: Canvas, cells: Cells, patient: int) -> Outlines:
    """Return the outlines of the cells of one bag."""
    b = len(canvas)
    u = generator(canvas.seed, Stream.OUTLINE, patient).random((b, shapes.OUTLINE_DRAWS))
    radius = cells.diameter_um / 2 / canvas.px_um
    profile, body = shapes.cell_outline(u, np.pi * radius**2, cells.bleb)
    cell_in = canvas.inside(profile, canvas.centre.astype(np.float64))
    beyond_body = np.full_like(cell_in, -1)
    with_bleb = np.flatnonzero(cells.bleb)
    beyond_body[with_bleb] = -canvas.only(with_bleb).inside(body[with_bleb], canvas.centre[with_bleb].astype(float))
    u = generator(canvas.seed, Stream.NUCLEUS, patient).random((b, shapes.NUCLEUS_DRAWS + 2))
    facing = 2 * np.pi * u[:, -1]
    reach = cells.eccentricity * (0.5 + 0.5 * u[:, -2]) * (1 - np.sqrt(cells.nc_ratio)) * radius
    shift = -reach[:, None] * np.stack([np.sin(facing), np.cos(facing)], axis=1)
    nucleus_in = _nucleus(canvas, cells, u[:, :-2], facing, shift, body)
    smudged = cells.shape == SHAPES.index("smudge")
    cell_in, nucleus_in = _smear(canvas, smudged, u, cell_in, nucleus_in)
    return Outlines(cell_in, nucleus_in, beyond_body, facing, canvas.centre + shift, smudged)


def _nucleus(canvas: Canvas, cells: Cells, u: NDArray, facing: NDArray, shift: NDArray, body: Floats) -> Floats:
    """Return the distance in px inside the nucleus."""
    area = cells.nc_ratio * np.pi * (cells.diameter_um / 2 / canvas.px_um) ** 2
    outline = shapes.nucleus_outline(u, cells.shape, area, facing)
    outline = shapes.fit_inside(outline, shift, body, canvas.px(_MARGIN_UM), area)
    centre = canvas.centre + shift
    nucleus_in = canvas.inside(outline, centre)
    lobed = np.flatnonzero(cells.shape == SHAPES.index("lobed"))
    if len(lobed):
        place, size = shapes.segments(u[lobed], _LOBES_SIZE * np.sqrt(area[lobed] / np.pi), centre[lobed])
        nucleus_in[lobed] = canvas.discs(place, size)
    return nucleus_in


def _smear(canvas: Canvas, smudged: NDArray, u: NDArray, cell_in: Floats, nucleus_in: Floats) -> tuple[Floats, Floats]:
    """Keep nuclei inside their cells; where a cell is smudged, its ragged nucleus is all there is."""
    rows = np.flatnonzero(smudged)
    if len(rows):
        some = canvas.only(rows)
        cell_in[rows] = nucleus_in[rows] + canvas.px(_RAGGED_UM) * some.texture("cytoplasm", u[rows, :2])
        nucleus_in[rows] = cell_in[rows]
    margin = column(np.where(smudged, 0, canvas.px(_MARGIN_UM)))
    return cell_in, np.minimum(nucleus_in, cell_in - margin)
