"""Distances, outlines and discs on the pixel grid against brute force and closed forms."""

import numpy as np
import pytest

from datasets.simulate.drawing.canvas import ANGLES, N_ANGLES, Canvas, coverage
from datasets.simulate.drawing.shapes import OUTLINE_DRAWS, cell_outline


def test_cell_outlines_have_the_area_asked_for_and_blebs_stick_out():
    u = np.random.default_rng(0).random((200, OUTLINE_DRAWS))
    outline, body = cell_outline(u, np.full(200, 500.0), np.arange(200) % 2 == 0)
    x, y = body * np.cos(ANGLES), body * np.sin(ANGLES)
    shoelace = 0.5 * np.abs((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(axis=1))
    np.testing.assert_allclose(shoelace, 500, rtol=2e-3)
    assert (outline >= body).all()
    np.testing.assert_array_equal((outline > body * 1.02).any(axis=1), np.arange(200) % 2 == 0)


@pytest.mark.parametrize("middle", [(16.0, 16.0), (12.25, 19.5)])
def test_distance_inside_an_outline_equals_brute_force(middle):
    """An off-centre disc, written as radius against angle."""
    shift, radius = 3.0, 10.0
    profile = shift * np.cos(ANGLES) + np.sqrt(radius**2 - (shift * np.sin(ANGLES)) ** 2)
    canvas = Canvas(32, 0.16, np.array([[16, 16]]), 0)
    got = canvas.inside(profile.reshape(1, N_ANGLES).astype(np.float32), np.array([middle]))[0]
    row, column = np.mgrid[:32, :32]
    wanted = radius - np.hypot(row - middle[0], column - middle[1] - shift)
    np.testing.assert_allclose(coverage(got), coverage(wanted.astype(np.float32)), atol=0.06)


def test_discs_agree_with_brute_force_at_their_edge():
    canvas = Canvas(32, 0.16, np.array([[16, 16]]), 0)
    centre, radius = np.array([[[10, 12], [20, 25], [90, 90]]], float), np.array([[5, 6, 4]], float)
    row, column = np.mgrid[:32, :32]
    each = [r - np.hypot(row - c[0], column - c[1]) for c, r in zip(centre[0], radius[0], strict=True)]
    got, wanted = canvas.discs(centre, radius)[0], np.max(each, axis=0)
    np.testing.assert_array_equal(got > 0, wanted > 1e-6)
    np.testing.assert_allclose(coverage(got), coverage(wanted.astype(np.float32)), atol=0.04)
