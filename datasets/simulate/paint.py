"""Stain cells: amounts of each pigment on the fine grid, with the masks of what was drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.anatomy import Anatomy, column, dissect
from datasets.simulate.canvas import Canvas, coverage
from datasets.simulate.cells import Cells
from datasets.simulate.draws import Stream, generator
from datasets.simulate.stain import PIGMENTS

Floats = NDArray[np.float32]
MASKS = ("cell", "nucleus", "granules", "auer")
BLUE, PURPLE, EOSIN, MAGENTA, HAEMOGLOBIN = range(len(PIGMENTS))
_NUCLEOLUS_LOSS, _NUCLEOLUS_BLUE = 0.42, 0.15
_AUER_MAGENTA = 0.58
_GRANULE_BLUE = 0.2  # of their magenta
_MEMBRANE_UM = 0.5


@dataclass(frozen=True)
class Drawing:
    """Pigment amounts (5, b, side, side) and soft masks (b, side, side) each, float32."""

    pigments: Floats
    masks: dict[str, Floats]


def draw_cells(canvas: Canvas, cells: Cells, patient: int) -> Drawing:
    """Return the cells of one bag without their surroundings."""
    parts = dissect(canvas, cells, patient)
    corners = generator(canvas.seed, Stream.TEXTURE, patient).random((len(canvas), 2, 2))
    pigments = np.zeros((len(PIGMENTS), *parts.cell.shape), np.float32)
    _stain_cytoplasm(pigments, canvas, cells, parts, corners)
    _stain_nucleus(pigments, canvas, cells, parts, corners)
    magenta = parts.granules * column(cells.granules[:, 1])
    pigments[MAGENTA] += magenta + np.float32(_AUER_MAGENTA) * parts.auer
    pigments[BLUE] += np.float32(_GRANULE_BLUE) * magenta
    return Drawing(pigments, {name: getattr(parts, name) for name in MASKS})


def _stain_cytoplasm(pigments: Floats, canvas: Canvas, cells: Cells, parts: Anatomy, corners: NDArray) -> None:
    """Add the cytoplasm: uneven, deeper blue at the membrane, pale in the hof."""
    depth = parts.cytoplasm * np.maximum(1 + canvas.texture("cytoplasm", corners[:, 0]), np.float32(0.3))
    rim = 1 + np.float32(0.35) * coverage(np.float32(1.0 / canvas.px_um) - parts.cell_in, soft_px=0.9 / canvas.px_um)
    for k in np.flatnonzero(cells.cytoplasm.any(axis=0)):
        layer = depth * column(cells.cytoplasm[:, k])
        pigments[k] += layer * rim * (1 - parts.hof) if k == BLUE else layer


def _stain_nucleus(pigments: Floats, canvas: Canvas, cells: Cells, parts: Anatomy, corners: NDArray) -> None:
    """Add the nucleus: clumped or fine chromatin, a denser membrane and crease, paler bluish nucleoli."""
    clumping, edge = column(cells.nucleus[:, 2]), np.float32(_MEMBRANE_UM / canvas.px_um)
    chromatin = 1 + clumping * canvas.texture("chromatin", corners[:, 1])
    chromatin += np.float32(0.14) * coverage(edge - parts.nucleus_in, soft_px=edge)
    chromatin += np.float32(0.35) * parts.crease
    chromatin = np.clip(chromatin, 0.35, 1.8) * parts.nucleus
    pale = parts.nucleoli * parts.nucleus
    pigments[PURPLE] += chromatin * column(cells.nucleus[:, 0]) * (1 - np.float32(_NUCLEOLUS_LOSS) * pale)
    pigments[BLUE] += chromatin * column(cells.nucleus[:, 1]) + np.float32(_NUCLEOLUS_BLUE) * pale
