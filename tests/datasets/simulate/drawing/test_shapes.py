"""Outlines, lobes and rods against their formulas, written out for one angle of one cell at a time."""

import math

import numpy as np
import pytest

from datasets.simulate.drawing.shapes import (
    NUCLEUS_DRAWS,
    OUTLINE_DRAWS,
    cell_outline,
    fit_inside,
    nucleus_outline,
    rods,
    segments,
)
from tests.datasets.simulate.drawing.bags import SHAPES

N = 512
TURNS = [2 * math.pi * k / N for k in range(N)]
CELL = (0.070, 0.045, 0.030, 0.020, 0.014, 0.010, 0.008)  # sizes of the waves that go 2, 3, .. 8 times round
NUCLEUS = (0.050, 0.040, 0.026, 0.018, 0.012, 0.009, 0.007)
NUCLEI = {  # stretch, depth and sharpness of the notch, of the opposite notch, wobble
    "round": (0.03, 0.04, 3.0, 0.00, 1.0, 0.8),
    "reniform": (0.07, 0.46, 3.5, 0.00, 1.0, 0.9),
    "bilobed": (0.14, 0.66, 9.0, 0.52, 10.0, 0.8),
    "folded": (0.08, 0.46, 22.0, 0.16, 6.0, 1.8),
    "pelger": (0.22, 0.84, 5.0, 0.84, 5.0, 0.4),
    "oval": (0.12, 0.12, 2.5, 0.00, 1.0, 0.9),
    "lobed": (0.10, 0.00, 1.0, 0.00, 1.0, 1.0),
    "smudge": (0.16, 0.20, 6.0, 0.15, 5.0, 2.6),
}


def _wobble(u, sizes, angle):
    waves = zip(range(2, 9), sizes, u[:7], u[7:14], strict=True)
    return sum(s * (0.25 + 1.5 * a) * math.cos(k * angle + 2 * math.pi * b) for k, s, a, b in waves)


def _of_area(radii, area):
    now = sum(r**2 for r in radii) * math.pi / N
    return [r * math.sqrt(area / now) for r in radii]


def _bump(angle, at, sharp):
    return math.exp(sharp * (math.cos(angle - at) - 1))


def _cell(u, area):
    radii = []
    for angle in TURNS:
        sharp = (1 + _wobble(u, CELL, angle)) ** -8
        for k in range(3):
            side = 2 * math.pi * (u[14] + (k + 0.7 * u[14 + k]) / 3)
            sharp += (max(math.cos(angle - side), 0) / (0.90 + 0.50 * u[17 + k])) ** 8
        radii.append(sharp ** (-1 / 8))
    return _of_area(radii, area)


def _with_blebs(body, u):
    draws = u[-10:]
    radii = []
    for angle, r in zip(TURNS, body, strict=True):
        more = 0.0
        for k, least in enumerate((0.0, 0.45, 0.8)):
            at, height, width = draws[3 * k + 1 : 3 * k + 4]
            if draws[0] > least:
                more += (0.09 + 0.10 * height) * _bump(angle, 2 * math.pi * at, 45 + 60 * width)
        radii.append(r * (1 + more))
    return radii


def test_cells_are_wavy_pressed_and_have_up_to_three_blebs():
    u, area = np.random.default_rng(0).random((5, OUTLINE_DRAWS)), np.array([300.0, 500, 800, 400, 600])
    u[:, -10] = (0.45, 0.8, 0.9, 0.9, 0.0)  # one, two, three blebs
    bleb = np.array([True, True, True, False, True])
    outline, body = cell_outline(u, area, bleb)
    for i in range(5):
        wanted = _cell(u[i], area[i])
        np.testing.assert_allclose(body[i], wanted, rtol=1e-4)
        np.testing.assert_allclose(outline[i], _with_blebs(wanted, u[i]) if bleb[i] else wanted, rtol=1e-4)
    assert (outline[3] == body[3]).all() and outline.dtype == body.dtype == np.float32


def _nucleus(u, look, area, facing):
    stretch, depth, sharp, far, far_sharp, wobble = look
    notch = facing + u[-1] - 0.5
    opposite = notch + math.pi + 0.9 * (u[-2] - 0.5)
    radii = []
    for angle in TURNS:
        r = 1 + wobble * _wobble(u, NUCLEUS, angle)
        r -= stretch * (0.6 + 0.8 * u[-3]) * math.cos(2 * (angle - notch))
        r -= min(depth * (0.75 + 0.4 * u[-5]), 0.9) * _bump(angle, notch, sharp)
        r -= min(far * (0.75 + 0.4 * u[-4]), 0.9) * _bump(angle, opposite, far_sharp)
        radii.append(max(r, 0.06))
    return _of_area(radii, area)


@pytest.mark.parametrize("deep", [False, True])
def test_nuclei_are_stretched_and_notched_as_their_kind_is(deep):
    u, b = np.random.default_rng(1).random((8, NUCLEUS_DRAWS)), len(SHAPES)
    if deep:
        u[:, -5:-2] = 0.98  # the two notches of a pelger nucleus then reach the least radius
    area, facing = np.linspace(60, 200, b), np.linspace(0, 6, b)
    got = nucleus_outline(u, np.arange(b), area, facing)
    for i, name in enumerate(SHAPES):
        np.testing.assert_allclose(got[i], _nucleus(u[i], NUCLEI[name], area[i], facing[i]), rtol=2e-4, err_msg=name)


def _cut(radii, shift, limit):
    kept = []
    for angle, r in zip(TURNS, radii, strict=True):
        down, across = r * math.sin(angle) + shift[0], r * math.cos(angle) + shift[1]
        most = limit[round(math.atan2(down, across) * N / (2 * math.pi)) % N]
        kept.append(r / max(math.hypot(down, across) / most, 1))
    return kept


def test_a_nucleus_is_cut_at_the_margin_and_swells_elsewhere():
    u = np.random.default_rng(2).random((3, OUTLINE_DRAWS))
    cell, _ = cell_outline(u, np.array([400.0, 500, 450]), np.zeros(3, bool))
    nucleus = nucleus_outline(u[:, :NUCLEUS_DRAWS], np.array([0, 3, 5]), np.array([330.0, 250, 40]), np.zeros(3))
    shift, area = np.array([[2.0, -3.0], [0.5, 4.0], [0.0, 0.0]]), np.array([330.0, 250, 40])
    got = fit_inside(nucleus, shift, cell, np.float32(0.7), area)
    for i in range(3):
        limit, radii = (cell[i] - np.float32(0.7)).tolist(), nucleus[i].tolist()
        for _ in range(4):
            radii = _of_area(_cut(radii, shift[i], limit), area[i])
        np.testing.assert_allclose(got[i], _cut(radii, shift[i], limit), rtol=3e-3)
    np.testing.assert_allclose(got[2], nucleus[2], rtol=1e-5)
    assert got.dtype == nucleus.dtype == np.float32


def test_lobes_lie_on_a_bent_thread():
    u = np.random.default_rng(3).random((2, NUCLEUS_DRAWS))
    radius, centre = np.array([7.0, 9.0]), np.array([[20.0, 24.0], [30.0, 11.0]])
    place, width = segments(u, radius, centre)
    assert place.shape == (2, 12, 2) and width.shape == (2, 12) and place.dtype == width.dtype == np.float32
    for i in range(2):
        spots = []
        for k in range(12):
            t = -1 + 2 * k / 11
            turn = (1.7 + u[i, 1]) * t + 2 * math.pi * u[i, 2]
            arm = radius[i] * (0.95 + 0.25 * u[i, 3] * math.cos(3 * t + 6 * u[i, 4]))
            spots.append((arm * math.sin(turn), arm * math.cos(turn)))
            swell = 0.5 + 0.5 * math.cos(math.pi * (t + 1) * (2.6 + 1.8 * u[i, 0]) + 6.28 * u[i, 5])
            assert width[i, k] == pytest.approx(radius[i] * (0.16 + 0.40 * swell), rel=1e-5)
        np.testing.assert_allclose(place[i], centre[i] + np.array(spots) - 0.6 * np.mean(spots, axis=0), rtol=1e-5)


def test_rods_are_none_one_or_a_faggot_of_three_to_five():
    u = np.random.default_rng(4).random((5, 18))
    u[2:, 0] = (0.0, 0.5, 0.99)
    offset, length, turn = rods(u, np.array([0, 1, 2, 2, 2]))
    assert (length > 0).sum(axis=1).tolist() == [0, 1, 3, 4, 5]
    assert (length[1:, 0] > 0).all() and {part.dtype for part in (offset, length, turn)} == {np.dtype(np.float32)}
    for i, k in np.ndindex(5, 5):
        if length[i, k] > 0:
            assert length[i, k] == pytest.approx(3.0 + 2.6 * u[i, 1 + k], rel=1e-6)
        many = i > 1
        assert offset[i, k] == pytest.approx(many * (0.85 * (k - 2) + 0.5 * (u[i, 6 + k] - 0.5)), abs=1e-6)
        assert turn[i, k] == pytest.approx(many * 0.7 * (u[i, 11 + k] - 0.5), abs=1e-6)
