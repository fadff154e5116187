"""What lies around the cell: plasma film, red cells, platelets, white cells at the edge, deposits and streaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.drawing import shapes
from datasets.simulate.drawing.canvas import Canvas, column, coverage
from datasets.simulate.drawing.cells import Cells
from datasets.simulate.drawing.paint import BLUE, EOSIN, HAEMOGLOBIN, MAGENTA, PURPLE, Drawing
from datasets.simulate.drawing.stain import FILM_EOSIN, RED_CELL, Slide
from datasets.simulate.shared import Stream, generator

Floats = NDArray[np.float32]
_RBC_UM = 3.6
_SLOTS = (8, 12)  # red cells of the inner and of the outer ring
_PLATELET_SHARE = 0.25
_NEIGHBOUR_SHARE = 0.30
_ARTEFACT_FIELD_UM = 24.0


def add_surroundings(drawing: Drawing, canvas: Canvas, cells: Cells, slide: Slide, patient: int) -> None:
    """Add to the pigments and masks, in place, everything but the cell."""
    free = 1 - drawing.masks["cell"]
    _add_neighbours(drawing, canvas, cells, patient, free)
    u = generator(canvas.seed, Stream.RED_CELLS, patient).random((len(canvas), 3 * sum(_SLOTS) + 10))
    _add_red_cells(drawing, canvas, cells, slide, u, free)
    drawing.pigments[:, EOSIN] += np.float32(FILM_EOSIN)
    _add_platelets(drawing, canvas, cells, u[:, -10:], free)
    _add_artefacts(drawing, canvas, slide, patient)


def _around(canvas: Canvas, angle: NDArray, distance: NDArray) -> NDArray[np.float64]:
    """Return places at ``distance`` px from the cells' centres, (b, k, 2)."""
    step = np.stack([distance * np.sin(angle), distance * np.cos(angle)], axis=2)
    return canvas.centre[:, None, :] + step


def _add_red_cells(drawing: Drawing, canvas: Canvas, cells: Cells, slide: Slide, u: NDArray, free: Floats) -> None:
    """Add two rings of red cells that overlap each other."""
    seen = canvas.blank()
    total = canvas.blank()
    for ring, part in enumerate(np.split(u[:, :-10], [3 * _SLOTS[0]], axis=1)):
        inside = _red_cells(canvas, cells, slide, part, ring)
        disc = coverage(inside, canvas.px(0.45)) * free
        np.maximum(seen, disc, out=seen)
        pallor = np.clip(np.float32(2.7 / canvas.px(_RBC_UM)) * inside - np.float32(0.2), 0, 1)
        disc *= 1 - np.float32(slide.pallor) * pallor
        total += disc
    drawing.masks["rbc"] = seen
    for pigment, amount in zip((HAEMOGLOBIN, EOSIN, BLUE), RED_CELL, strict=True):
        drawing.pigments[:, pigment] += np.float32(amount) * total


def _red_cells(canvas: Canvas, cells: Cells, slide: Slide, u: NDArray, ring: int) -> Floats:
    """Return about the distance in px inside discs on a ring about the cell."""
    angle_u, chance, size = np.split(u, 3, axis=1)
    turn = 2 * np.pi * (angle_u[:, :1] + np.arange(_SLOTS[ring]) / _SLOTS[ring] + 0.05 * (angle_u - 0.5))
    radius = _RBC_UM * (0.9 + 0.2 * size)
    gap = cells.diameter_um[:, None] / 2 + radius * 0.97 + (2.2 * angle_u if ring == 0 else 5.5 + 4.5 * angle_u)
    shown = np.where(chance < slide.red_cells, radius / canvas.px_um, 0)
    return canvas.discs(_around(canvas, turn + 0.4 * ring, gap / canvas.px_um), shown, 0.85 + 0.3 * size[:, ::-1])


def _add_neighbours(drawing: Drawing, canvas: Canvas, cells: Cells, patient: int, free: Floats) -> None:
    """Add a white cell that touches some cells; it takes its place in ``free`` and has no mask."""
    u = generator(canvas.seed, Stream.NEIGHBOUR, patient).random((len(canvas), shapes.OUTLINE_DRAWS + 6))
    rows = np.flatnonzero(u[:, -1] < _NEIGHBOUR_SHARE)
    u, some = u[rows], canvas.only(rows)
    radius = (5.5 + 3.0 * u[:, -2]) / canvas.px_um
    distance = cells.diameter_um[rows] / 2 / canvas.px_um + radius + canvas.px(1.5) * u[:, -3]
    centre = _around(some, 2 * np.pi * u[:, -4:-3], distance[:, None])[:, 0]
    outline, _ = shapes.cell_outline(u[:, :-6], np.pi * radius**2, np.zeros(len(rows), bool))
    inside = some.inside(outline, centre)
    body = coverage(inside) * free[rows]
    nucleus = coverage(inside - column(radius * (0.15 + 0.35 * u[:, -5]))) * body
    grain = 1 + np.float32(0.3) * some.texture("chromatin", u[:, :2])
    drawing.pigments[rows, PURPLE] += nucleus * grain * column(0.5 + 0.25 * u[:, -6])
    drawing.pigments[rows, BLUE] += body * column(0.05 + 0.20 * u[:, 2])
    free[rows] -= body


def _add_platelets(drawing: Drawing, canvas: Canvas, cells: Cells, u: NDArray, free: Floats) -> None:
    rows = np.flatnonzero(u[:, 1] < _PLATELET_SHARE)
    u, some = u[rows], canvas.only(rows)
    gap = cells.diameter_um[rows, None] / 2 + 2.0 + 2.5 * u[:, 0:1]
    radius = (0.9 + 0.7 * u[:, 2:3]) / canvas.px_um
    disc = some.discs(_around(some, 2 * np.pi * u[:, 3:4], gap / canvas.px_um), radius)
    body = coverage(disc, canvas.px(0.7)) * free[rows]
    grain = 1 + np.float32(0.5) * some.texture("granule", u[:, 4:6])
    drawing.pigments[rows, MAGENTA] += np.float32(0.17) * body * np.maximum(grain, 0)
    drawing.pigments[rows, BLUE] += np.float32(0.06) * body


def _add_artefacts(drawing: Drawing, canvas: Canvas, slide: Slide, patient: int) -> None:
    """Add stain deposits (dark specks in a patch) or streaks (a soft purple haze)."""
    u = generator(canvas.seed, Stream.ARTEFACT, patient).random((len(canvas), 8))
    rows = np.flatnonzero(u[:, 0] < slide.optics.artefact)
    u, patch = u[rows], canvas.only(rows)
    place = patch.centre + (u[:, 1:3] - 0.5) * (_ARTEFACT_FIELD_UM / canvas.px_um)
    radius = (2.0 + 3.5 * u[:, 3:4]) / canvas.px_um
    soft = coverage(patch.discs(place[:, None], radius), canvas.px(2.5))
    specks = np.clip(4 * (patch.texture("granule", u[:, 4:6]) - np.float32(1.1)), 0, 1)
    drawing.masks["artefact"] = canvas.blank()
    drawing.masks["artefact"][rows] = soft
    deposit = (u[:, 6] < 0.5)[:, None, None]
    drawing.pigments[rows, PURPLE] += soft * np.where(deposit, np.float32(0.9) * specks, np.float32(0.18))
