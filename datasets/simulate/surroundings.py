"""What lies around the cell: plasma film, red cells, platelets, stain deposits and smudges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.canvas import Canvas, coverage
from datasets.simulate.cells import Cells
from datasets.simulate.draws import Stream, generator
from datasets.simulate.paint import BLUE, EOSIN, HAEMOGLOBIN, MAGENTA, PURPLE, Drawing
from datasets.simulate.stain import FILM_EOSIN, Slide

Floats = NDArray[np.float32]
_RBC_UM = 3.6
_RBC_HAEMOGLOBIN, _RBC_EOSIN = 0.17, 0.11
_SLOTS = 7
_PLATELET_SHARE = 0.25


def add_surroundings(drawing: Drawing, canvas: Canvas, cells: Cells, slide: Slide, patient: int) -> None:
    """Add to the pigments, in place, everything but the cell."""
    free = 1 - drawing.masks["cell"]
    u = generator(canvas.seed, Stream.RED_CELLS, patient).random((len(canvas), 6 * _SLOTS + 10))
    for ring in range(2):
        thickness = _red_cells(canvas, cells, slide, u[:, 3 * _SLOTS * ring :][:, : 3 * _SLOTS], ring) * free
        drawing.pigments[HAEMOGLOBIN] += np.float32(_RBC_HAEMOGLOBIN) * thickness
        drawing.pigments[EOSIN] += np.float32(_RBC_EOSIN) * thickness
    drawing.pigments[EOSIN] += np.float32(FILM_EOSIN)
    _add_platelets(drawing, canvas, cells, u[:, -10:], free)
    _add_artefacts(drawing, canvas, slide, patient)


def _around(canvas: Canvas, angle: NDArray, distance: NDArray) -> Floats:
    """Return places at ``distance`` px from the cells' centres, (b, k, 2)."""
    step = np.stack([distance * np.sin(angle), distance * np.cos(angle)], axis=2)
    return (canvas.centre[:, None, :] + step).astype(np.float32)


def _red_cells(canvas: Canvas, cells: Cells, slide: Slide, u: NDArray, ring: int) -> Floats:
    """Return thickness of pale-centred discs on a ring about the cell; the second ring overlaps the first."""
    angle_u, chance, size = np.split(u, 3, axis=1)
    turn = 2 * np.pi * (angle_u[:, :1] + np.arange(_SLOTS) / _SLOTS + 0.05 * (angle_u - 0.5))
    radius = _RBC_UM * (0.9 + 0.2 * size)
    gap = cells.diameter_um[:, None] / 2 + radius * 0.97 + (1.8 * angle_u if ring == 0 else 3.5 + 4.5 * angle_u)
    shown = np.where(chance < slide.red_cells, radius / canvas.px_um, 0)
    stretch = 0.85 + 0.3 * size[:, ::-1]
    place = _around(canvas, turn + 0.4 * ring, gap / canvas.px_um)
    inside = canvas.discs(place, shown.astype(np.float32), stretch.astype(np.float32))
    depth = np.clip(1 - inside * np.float32(canvas.px_um / _RBC_UM), 0, 1)  # 0 centre, 1 rim
    pallor = np.float32(slide.pallor) * np.clip(1.15 - 1.35 * depth**2, 0, 1)
    return coverage(inside, soft_px=0.45 / canvas.px_um) * (1 - pallor)


def _add_platelets(drawing: Drawing, canvas: Canvas, cells: Cells, u: NDArray, free: Floats) -> None:
    rows = np.flatnonzero(u[:, 1] < _PLATELET_SHARE)
    u, some = u[rows], canvas.only(rows)
    gap = cells.diameter_um[rows, None] / 2 + 2.0 + 2.5 * u[:, 0:1]
    radius = ((0.9 + 0.7 * u[:, 2:3]) / canvas.px_um).astype(np.float32)
    disc = some.discs(_around(some, 2 * np.pi * u[:, 3:4], gap / canvas.px_um), radius)
    body = coverage(disc, soft_px=0.7 / canvas.px_um) * free[rows]
    grain = 1 + np.float32(0.5) * some.texture("granule", u[:, 4:6])
    drawing.pigments[MAGENTA, rows] += np.float32(0.17) * body * np.maximum(grain, 0)
    drawing.pigments[BLUE, rows] += np.float32(0.06) * body


def _add_artefacts(drawing: Drawing, canvas: Canvas, slide: Slide, patient: int) -> None:
    """Add stain deposits (dark specks in a patch) or smudges (a soft purple streak)."""
    u = generator(canvas.seed, Stream.ARTEFACT, patient).random((len(canvas), 8))
    rows = np.flatnonzero(u[:, 0] < slide.optics.artefact)
    u, patch = u[rows], canvas.only(rows)
    place = (u[:, None, 1:3] * canvas.side).astype(np.float32)
    radius = ((2.0 + 3.5 * u[:, 3]) / canvas.px_um)[:, None].astype(np.float32)
    soft = coverage(patch.discs(place, radius), soft_px=2.5 / canvas.px_um)
    specks = np.clip(4 * (patch.texture("granule", u[:, 4:6]) - np.float32(1.1)), 0, 1)
    deposit = (u[:, 6] < 0.5)[:, None, None]
    drawing.pigments[PURPLE, rows] += soft * np.where(deposit, 0.9 * specks, 0.18).astype(np.float32)
