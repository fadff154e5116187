"""The pixel grid against loops over single pixels, and a cell in a batch against the same cell alone."""

import math

import numpy as np
import pytest

from datasets.simulate.drawing.canvas import ANGLES, Canvas, column, coverage
from datasets.simulate.drawing.texture import texture_bank

SIDE, N = 24, 512
STEP = 2 * math.pi / N


@pytest.fixture(scope="module")
def batch():
    """Return three outlines, the last with a spike, about centres that are kept to a tenth of a pixel."""
    rng = np.random.default_rng(0)
    waves = [3 + k + np.cos((k + 2) * ANGLES + rng.random()) * (0.3 + 0.2 * k) for k in range(3)]
    waves[2] = waves[2] + 6 * np.exp(80 * (np.cos(ANGLES - 1) - 1))
    centre = np.array([[12.0, 12.0], [9.5, 14.2], [0.5, 23.7]])
    return np.array(waves, np.float32), centre


def _inside(profile, centre, row, col):
    """Return the distance of one pixel: along the radius, shorter where the outline is steep, a fifth at least."""
    phases = 256 // SIDE
    down, across = (place - round(c * phases) / phases for place, c in zip((row, col), centre, strict=True))
    k = round(math.atan2(down, across) / STEP)
    radius = float(profile[k % N])
    slope = (float(profile[(k + 1) % N]) - float(profile[(k - 1) % N])) / (2 * STEP)
    return (radius - math.hypot(down, across)) * max(radius / math.hypot(radius, slope), 0.2)


def test_distance_from_an_outline_is_that_of_each_pixel_alone(batch):
    profile, centre = batch
    got = Canvas(SIDE, 0.5, np.zeros((3, 2), np.int64), 0).inside(profile, centre)
    for i, row, col in np.ndindex(3, SIDE, SIDE):
        assert got[i, row, col] == pytest.approx(_inside(profile[i], centre[i], row, col), abs=2e-3), (i, row, col)


def test_a_cell_in_a_batch_is_drawn_as_alone(batch):
    profile, centre = batch
    rng = np.random.default_rng(3)
    start, habit = rng.random((3, 2)), rng.random((3, 3))
    canvas = Canvas(SIDE, 0.5, centre.astype(np.int64), 0)
    inside = canvas.inside(profile, centre)
    place, radius = centre[:, None] + rng.normal(0, 4, (3, 4, 2)), rng.uniform(0, 5, (3, 4))
    discs = canvas.discs(place, radius, 0.5 + radius / 4)
    texture = canvas.texture("chromatin", start, habit)
    for made in (inside, discs, texture, canvas.blank(), *canvas.offsets(np.arange(3)), ANGLES):
        assert made.dtype == np.float32  # in double the last bits would be others
    for i in range(3):
        one = canvas.only(np.array([i]))
        assert len(one) == 1 and one.blank().shape == (1, SIDE, SIDE)
        np.testing.assert_array_equal(one.inside(profile[i : i + 1], centre[i : i + 1])[0], inside[i])
        np.testing.assert_array_equal(one.texture("chromatin", start[i : i + 1], habit[i : i + 1])[0], texture[i])
        alone = one.discs(place[i : i + 1], radius[i : i + 1], 0.5 + radius[i : i + 1] / 4)[0]
        np.testing.assert_array_equal(alone, discs[i])


def test_nothing_is_inside_an_outline_far_outside_the_picture():
    canvas = Canvas(SIDE, 0.5, np.zeros((2, 2), np.int64), 0)
    assert (canvas.inside(np.full((2, N), 5, np.float32), np.array([[99.0, 12.0], [12.0, -99.0]])) < 0).all()


def test_discs_are_paraboloids_stretched_and_united():
    """Centres in and beside the picture; the last is left out, the last but one is too far to be seen."""
    centre = np.array([[7.5, 9], [13, 11.25], [-5, 12], [12, 28.5], [60, 12], [12, 12]])
    radius = np.array([4, 3.5, 7, 5.5, 6, 0])
    stretch = np.array([1.3, 0.8, 1, 1.2, 1, 1])
    two = np.stack([centre, centre[::-1]])
    for given in (None, np.stack([stretch, stretch[::-1]])):
        got = Canvas(SIDE, 0.5, np.zeros((2, 2), np.int64), 0).discs(two, np.stack([radius, radius[::-1]]), given)
        np.testing.assert_array_equal(got[0], got[1])
        for row, col in np.ndindex(SIDE, SIDE):
            best = -1000.0
            for (y, x), r, s in zip(centre[:4], radius, stretch, strict=False):
                s = 1 if given is None else s
                best = max(best, (r - (row - y) ** 2 / (r * s) - (col - x) ** 2 * s / r) / 2)
            assert max(got[0, row, col], -5) == pytest.approx(max(best, -5), abs=1e-4)


def test_a_disc_that_reaches_into_the_picture_from_any_side_is_seen():
    for centre in ([-6, 12], [29, 12], [12, -6], [12, 29]):
        got = Canvas(SIDE, 0.5, np.zeros((1, 2), np.int64), 0).discs(np.array([[centre]], float), np.array([[7.5]]))
        assert (got > 0).any() and (got < 0).any()
    for centre in ([-20, 12], [44, 12], [12, -20], [12, 44]):  # too far to be seen: not even looked at
        got = Canvas(SIDE, 0.5, np.zeros((1, 2), np.int64), 0).discs(np.array([[centre]], float), np.array([[7.5]]))
        assert (got < -500).all()


def test_texture_is_the_tile_mirrored_turned_and_scaled_about_the_centre():
    tiles = texture_bank(3)["chromatin"]
    kinds, px_um = len(tiles), 0.35
    rng = np.random.default_rng(5)
    start = rng.random((8, 2))
    habit = np.column_stack([rng.random(8), (np.arange(8) + 0.5) / 8, rng.random(8)])
    centre = rng.integers(3, 20, (8, 2))
    got = Canvas(SIDE, px_um, centre, 3).texture("chromatin", start, habit)
    for i in range(8):
        tile = tiles[int(kinds * habit[i, 0])]
        scale = px_um / 0.10 * (0.8 + 0.4 * habit[i, 2])
        up, left = (-1 if i & 2 else 1), (-1 if i & 4 else 1)
        for row, col in np.ndindex(SIDE, SIDE):
            a = math.floor(start[i, 0] * 512 + (row - centre[i, 0]) * scale * up) % 512
            b = math.floor(start[i, 1] * 512 + (col - centre[i, 1]) * scale * left) % 512
            assert got[i, row, col] == (tile[b, a] if i & 1 else tile[a, b])


def test_without_a_habit_texture_is_the_first_tile_as_it_is():
    got = Canvas(SIDE, 0.1, np.array([[5, 7]]), 3).texture("chromatin", np.array([[0.25, 0.5]]))[0]
    tile = texture_bank(3)["chromatin"][0]
    rows, columns = (128 - 5 + np.arange(SIDE)), (256 - 7 + np.arange(SIDE))
    np.testing.assert_array_equal(got, tile[np.ix_(rows, columns)])


def test_lengths_offsets_and_coverage():
    canvas = Canvas(4, 0.5, np.array([[1, 2], [0, 3]]), 0)
    down, across = canvas.offsets(np.array([1, 0]))
    assert down[:, :, 0].tolist() == [[0, 1, 2, 3], [-1, 0, 1, 2]]
    assert across[:, 0].tolist() == [[-3, -2, -1, 0], [-2, -1, 0, 1]]
    assert canvas.px(1.5) == 3
    np.testing.assert_allclose(coverage(np.array([-2, -1, 0, 0.5, 2], np.float32), 2), [0, 0, 0.5, 0.75, 1])
    np.testing.assert_allclose(coverage(np.array([-0.5, -0.25, 0.5], np.float32)), [0, 0.25, 1])
    assert column(np.array([1.0, 2.0])).shape == (2, 1, 1)
