"""Pigments of each cell, mixed again one cell at a time from where its parts lie."""

import numpy as np
import pytest

from datasets.simulate.drawing.anatomy import dissect
from datasets.simulate.drawing.canvas import Canvas
from datasets.simulate.drawing.paint import draw_cells
from tests.datasets.simulate.drawing import bags

CELLS, CANVAS, B = bags.one_of_each(), bags.canvas(), 10
UM = 1 / bags.PX_UM
SMUDGE = 7
BLUE, PURPLE, EOSIN, MAGENTA, HAEMOGLOBIN = range(5)


@pytest.fixture(scope="module")
def drawing():
    return draw_cells(CANVAS, CELLS, bags.PATIENT)


@pytest.fixture(scope="module")
def parts():
    return dissect(CANVAS, CELLS, bags.PATIENT)


def _rising(distance, soft):
    return np.clip(distance / soft + 0.5, 0, 1)


def _nucleus(i, alone, u, parts):
    """Return how dense the chromatin of one cell is: fine, or in blocks, denser at the membrane and along a crease."""
    clumping = CELLS.nucleus[i, 2]
    blocky = min(max((clumping - 0.15) / 0.20, 0), 1)
    fine, blocks = (alone.texture(name, u[None, 2:4], u[None, 4:])[0] for name in ("chromatin", "blocks"))
    grain = 1.3 * clumping * (1 - blocky) * fine + 0.75 * clumping * blocky * blocks
    smudged = parts.outlines.smudged[i]
    edge = _rising(0.45 * UM - parts.outlines.nucleus_in[i], 0.45 * UM)
    dense = 1 + grain * (1 - 0.8 * parts.nucleoli[i]) + (0 if smudged else 0.26) * edge + 0.35 * parts.crease[i]
    return np.clip(dense, 0.35, 1.9) * parts.nucleus[i] * (0.7 if smudged else 1)


@pytest.mark.parametrize("i", range(B))
def test_every_pigment_of_a_cell_is_what_its_parts_hold(drawing, parts, i):
    u = bags.uniforms(23, B, 7)[i]
    alone = Canvas(bags.SIDE, bags.PX_UM, CANVAS.centre[i : i + 1], bags.SEED)
    depth = np.maximum(1 + alone.texture("cytoplasm", u[None, :2])[0], 0.3) * parts.cytoplasm[i]
    rim = 1 + 0.35 * _rising(1.0 * UM - parts.outlines.cell_in[i], 0.9 * UM)
    wanted = CELLS.cytoplasm[i][:, None, None] * depth
    wanted[BLUE] *= rim * (1 - CELLS.hof[i] * parts.hof[i])
    chromatin = _nucleus(i, alone, u, parts)
    wanted[PURPLE] += chromatin * CELLS.nucleus[i, 0] * (1 - 0.45 * parts.nucleoli[i])
    wanted[BLUE] += chromatin * CELLS.nucleus[i, 1] + 0.16 * parts.nucleoli[i]
    magenta = parts.granules[i] * CELLS.granules[i, 1]
    wanted[BLUE] += 0.2 * magenta
    wanted[MAGENTA] += magenta + 0.58 * parts.auer[i]
    np.testing.assert_allclose(drawing.pigments[i], wanted, atol=2e-4)
    assert not drawing.pigments[i, EOSIN].any() and wanted[HAEMOGLOBIN].any() == (CELLS.shape[i] != SMUDGE)


def test_masks_are_those_of_the_parts(drawing, parts):
    assert drawing.pigments.dtype == np.float32
    for name, mask in parts.masks().items():
        np.testing.assert_array_equal(drawing.masks[name], mask)
