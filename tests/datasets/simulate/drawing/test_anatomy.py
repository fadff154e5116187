"""The parts of each cell, drawn again one cell at a time: discs, capsules, a bent line, noise above a level."""

import numpy as np
import pytest
from scipy import stats

from datasets.simulate.drawing.anatomy import dissect
from datasets.simulate.drawing.canvas import Canvas, coverage
from datasets.simulate.drawing.outlines import draw_outlines
from datasets.simulate.drawing.shapes import rods
from tests.datasets.simulate.drawing import bags

CELLS, CANVAS, B = bags.one_of_each(), bags.canvas(), 10
UM = 1 / bags.PX_UM
FOLDED = 3
EACH = pytest.mark.parametrize("i", range(B))


@pytest.fixture(scope="module")
def parts():
    return dissect(CANVAS, CELLS, bags.PATIENT)


@pytest.fixture(scope="module")
def lines():
    return draw_outlines(CANVAS, CELLS, bags.PATIENT)


def _alone(i):
    return Canvas(bags.SIDE, bags.PX_UM, CANVAS.centre[i : i + 1], bags.SEED)


def _from_centre(i):
    row, col = np.mgrid[: bags.SIDE, : bags.SIDE]
    return row - CANVAS.centre[i, 0], col - CANVAS.centre[i, 1]


@EACH
def test_cytoplasm_is_the_cell_without_its_nucleus_and_a_smudge_is_soft(parts, lines, i):
    soft = 1.8 * UM if lines.smudged[i] else 1.0
    cell = np.clip(lines.cell_in[i] / soft + 0.5, 0, 1)
    nucleus = cell if lines.smudged[i] else np.clip(lines.nucleus_in[i] + 0.5, 0, 1)
    np.testing.assert_allclose(parts.cell[i], cell, atol=1e-5)
    np.testing.assert_allclose(parts.nucleus[i], nucleus, atol=1e-5)
    np.testing.assert_allclose(parts.cytoplasm[i], cell - nucleus, atol=1e-5)


@EACH
def test_the_golgi_zone_is_a_soft_disc_where_the_cytoplasm_is_widest(parts, lines, i):
    down, across = _from_centre(i)
    radius = CELLS.diameter_um[i] / 2 * UM
    size = 0.34 * radius
    square = (down - 0.35 * radius * np.sin(lines.facing[i])) ** 2
    square = square + (across - 0.35 * radius * np.cos(lines.facing[i])) ** 2
    wanted = np.clip((size - square / size) / 2 / (1.2 * UM) + 0.5, 0, 1) if CELLS.hof[i] else np.zeros_like(square)
    np.testing.assert_allclose(parts.hof[i], wanted, atol=1e-4)


@EACH
def test_nucleoli_are_as_many_discs_in_the_middle_of_the_nucleus(parts, lines, i):
    u = bags.uniforms(14, B, 4, 3)[i]
    row, col = np.mgrid[: bags.SIDE, : bags.SIDE]
    inside = np.full(row.shape, -1000.0)
    for k in range(0 if lines.smudged[i] else CELLS.nucleoli[i]):
        out = 0.55 * np.sqrt(CELLS.nc_ratio[i]) * CELLS.diameter_um[i] / 2 * UM * np.sqrt(u[k, 0])
        y = lines.nucleus_at[i, 0] + out * np.sin(2 * np.pi * u[k, 1])
        x = lines.nucleus_at[i, 1] + out * np.cos(2 * np.pi * u[k, 1])
        size = (0.8 + 0.6 * u[k, 2]) * UM
        inside = np.maximum(inside, (size - ((row - y) ** 2 + (col - x) ** 2) / size) / 2)
    wanted = np.clip(inside / (0.5 * UM) + 0.5, 0, 1) * parts.nucleus[i]
    np.testing.assert_allclose(parts.nucleoli[i], wanted, atol=1e-4)


@EACH
def test_only_a_folded_nucleus_has_a_crease_and_it_is_bent(parts, lines, i):
    down, across = _from_centre(i)
    sine, cosine = np.sin(lines.facing[i]), np.cos(lines.facing[i])
    along, beside = down * sine + across * cosine, across * sine - down * cosine
    bend = beside + along**2 * 0.35 / (CELLS.diameter_um[i] * UM)
    wanted = np.clip((0.22 * UM - np.abs(bend)) / (0.4 * UM) + 0.5, 0, 1) * (CELLS.shape[i] == FOLDED)
    np.testing.assert_allclose(parts.crease[i], wanted, atol=2e-4)


def _rods(i, facing):
    """Return the distance inside the rods of a cell from the ends of each: a capsule is all that is near a line."""
    u = bags.uniforms(16, B, 18)[i]
    offset, length, turn = (part[0].astype(float) for part in rods(u[None], CELLS.auer[i : i + 1]))
    down, across = _from_centre(i)
    direction = facing + 0.8 * (u[17] - 0.5)
    away = CELLS.diameter_um[i] / 2 * (0.62 + 0.16 * u[16]) * UM
    half = (0.40 if CELLS.auer[i] == 1 else 0.30) * UM
    best = np.full(down.shape, -1000.0)
    for k in np.flatnonzero(length):
        angle = direction + np.pi / 2 + turn[k]
        way, aside = np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])
        middle = away * np.array([np.sin(direction), np.cos(direction)]) + offset[k] * UM * aside
        start = middle - length[k] / 2 * UM * way
        on = np.clip((down - start[0]) * way[0] + (across - start[1]) * way[1], 0, length[k] * UM)
        best = np.maximum(best, half - np.hypot(down - start[0] - on * way[0], across - start[1] - on * way[1]))
    return best


@EACH
def test_rods_are_capsules_across_the_widest_cytoplasm(parts, lines, i):
    wanted = np.clip(_rods(i, lines.facing[i]) + 0.5, 0, 1) * parts.cell[i]
    np.testing.assert_allclose(parts.auer[i], wanted, atol=2e-4)
    assert parts.auer[i].any() == (CELLS.auer[i] > 0)


@EACH
def test_granules_are_noise_above_the_level_that_covers_the_share_asked_for(parts, lines, i):
    u, alone = bags.uniforms(15, B, 7)[i : i + 1], _alone(i)
    cover, _, over = CELLS.granules[i]
    patch, place = alone.texture("patch", u[:, 5:])[0], parts.cytoplasm[i]
    patch = patch - (patch * place).sum() / max(place.sum(), 1)
    grain = (alone.texture("granule", u[:, :2], u[:, 2:5])[0] + 0.6 * patch) / np.sqrt(1 + 0.6**2)
    level = stats.norm.ppf(1 - min(max(cover, 1e-4), 0.9))
    wanted = np.clip(2.4 * (grain - level) + 0.4, 0, 1) * (cover > 0)
    wanted = wanted * (place + parts.nucleus[i] * 0.7 * over)
    wanted = wanted * np.clip(lines.cell_in[i] - 0.45 * UM + 0.5, 0, 1) * (1 - CELLS.hof[i] * parts.hof[i])
    wanted = wanted * (1 - np.clip(_rods(i, lines.facing[i]) + 0.35 * UM + 0.5, 0, 1))
    np.testing.assert_allclose(parts.granules[i], wanted, atol=1e-3)
    assert parts.granules[i].any() == (cover > 0)


def test_masks_are_the_parts_and_blebs_lie_beyond_the_body(parts, lines):
    masks = parts.masks()
    assert set(masks) == {"cell", "nucleus", "nucleoli", "hof", "blebs", "granules", "auer"}
    assert {mask.dtype for mask in (*masks.values(), parts.crease)} == {np.dtype(np.float32)}
    for name in ("cell", "nucleus", "nucleoli", "granules", "auer"):
        np.testing.assert_array_equal(masks[name], getattr(parts, name))
    np.testing.assert_array_equal(masks["hof"], parts.hof * parts.cytoplasm)
    np.testing.assert_allclose(masks["blebs"], coverage(lines.beyond_body) * parts.cell)
    assert (masks["blebs"].any(axis=(1, 2)) == CELLS.bleb).all()


@pytest.mark.parametrize("cover", [1e-6, 0.95])
def test_the_share_of_granules_is_kept_within_what_noise_can_cover(cover):
    few = bags.one_of_each().bag(slice(0, 2))
    few.granules[:] = (cover, 0.5, 0.0)
    kept = bags.one_of_each().bag(slice(0, 2))
    kept.granules[:] = (min(max(cover, 1e-4), 0.9), 0.5, 0.0)
    canvas = CANVAS.only(np.arange(2))
    np.testing.assert_array_equal(*(dissect(canvas, cells, bags.PATIENT).granules for cells in (few, kept)))
