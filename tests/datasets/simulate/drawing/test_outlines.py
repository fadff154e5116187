"""Where cell and nucleus end, cell by cell: each one alone, from the same numbers and the same shapes."""

import numpy as np
import pytest

from datasets.simulate.drawing import shapes
from datasets.simulate.drawing.canvas import Canvas
from datasets.simulate.drawing.outlines import draw_outlines
from tests.datasets.simulate.drawing import bags

CELLS, CANVAS = bags.one_of_each(), bags.canvas()
UM = 1 / bags.PX_UM
SMUDGE, LOBED = 7, 6


@pytest.fixture(scope="module")
def lines():
    return draw_outlines(CANVAS, CELLS, bags.PATIENT)


def _one(i):
    """Return distances inside cell and nucleus and beyond the body of one cell, its facing, and its nucleus' centre."""
    only = Canvas(bags.SIDE, bags.PX_UM, CANVAS.centre[i : i + 1], bags.SEED)
    u = bags.uniforms(12, 10, shapes.OUTLINE_DRAWS)[i : i + 1]
    radius = CELLS.diameter_um[i] / 2 * UM
    middle = CANVAS.centre[i].astype(float)
    profile, body = shapes.cell_outline(u, np.array([np.pi * radius**2]), CELLS.bleb[i : i + 1])
    cell_in = only.inside(profile, middle[None])
    beyond = -only.inside(body, middle[None]) if CELLS.bleb[i] else np.full_like(cell_in, -1)
    u = bags.uniforms(13, 10, shapes.NUCLEUS_DRAWS + 2)[i : i + 1]
    facing = 2 * np.pi * u[0, -1]
    away = CELLS.eccentricity[i] * (0.5 + 0.5 * u[0, -2]) * (1 - np.sqrt(CELLS.nc_ratio[i])) * radius
    shift = -away * np.array([np.sin(facing), np.cos(facing)])
    area = np.array([CELLS.nc_ratio[i] * np.pi * radius**2])
    outline = shapes.nucleus_outline(u[:, :-2], CELLS.shape[i : i + 1], area, np.array([facing]))
    outline = shapes.fit_inside(outline, shift[None], body, np.float32(0.35 * UM), area)
    nucleus_in = only.inside(outline, (middle + shift)[None])
    if CELLS.shape[i] == LOBED:
        thread = shapes.segments(u[:, :-2], 0.91 * np.sqrt(area / np.pi), (middle + shift)[None])
        nucleus_in = only.discs(*thread)
    if CELLS.shape[i] == SMUDGE:
        cell_in = nucleus_in = nucleus_in + np.float32(3.5 * UM) * only.texture("cytoplasm", u[:, :2])
    else:
        nucleus_in = np.minimum(nucleus_in, cell_in - np.float32(0.35 * UM))
    return cell_in[0], nucleus_in[0], beyond[0], facing, middle + shift


@pytest.mark.parametrize("i", range(10))
def test_each_cell_of_a_bag_has_the_outlines_of_the_cell_alone(lines, i):
    cell_in, nucleus_in, beyond, facing, nucleus_at = _one(i)
    np.testing.assert_allclose(lines.cell_in[i], cell_in, atol=1e-3)
    np.testing.assert_allclose(lines.nucleus_in[i], nucleus_in, atol=1e-3)
    np.testing.assert_allclose(lines.beyond_body[i], beyond, atol=1e-3)
    assert lines.facing[i] == pytest.approx(facing)
    np.testing.assert_allclose(lines.nucleus_at[i], nucleus_at)
    assert lines.smudged[i] == (CELLS.shape[i] == SMUDGE)
