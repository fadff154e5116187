"""Dark blobs where they were put, and what lies around them told in numbers that no turn changes."""

import numpy as np
import pytest
from PIL import Image

from datasets.read import copy_blobs
from datasets.read.copy_blobs import find_blobs, greys, invariant

RADII = [1.5 * k for k in range(1, 9)] + [13.5]
RNG = np.random.default_rng(0)


def with_blobs(*blobs, ground=220.0, wide=4.0):
    """Return a grey picture, float32 (64, 64), with blobs (row, column, depth)."""
    y, x = np.mgrid[:64, :64]
    dark = sum(depth * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * wide**2)) for cy, cx, depth in blobs)
    return np.full((64, 64), ground, np.float32) - np.float32(dark)


@pytest.mark.parametrize("shape", [(64, 64), (28, 28), (100, 70), (65, 130)])
def test_greys_are_those_of_pillow_at_one_size(shape):
    pixels = RNG.integers(0, 256, (3, *shape, 3), dtype=np.uint8)
    found = greys(pixels, np.array([2, 0]))
    assert found.shape == (2, 64, 64)
    for k, row in enumerate((2, 0)):
        grey = (pixels[row] @ np.array([0.299, 0.587, 0.114])).astype(np.float32)
        expected = np.asarray(Image.fromarray(grey).resize((64, 64), Image.Resampling.BILINEAR))
        np.testing.assert_allclose(found[k], expected, atol=1e-2)


def test_blobs_are_found_where_they_are_the_darkest_first():
    planted = [(20.3, 40.6, 90), (44.8, 45.2, 120), (40.1, 15.4, 60)]
    blobs = find_blobs(np.stack([with_blobs(*planted), with_blobs(planted[0]), with_blobs(ground=200)]))
    assert blobs.place.shape == (3, 3, 3, 2) and blobs.waves.shape == (3, 3, 3, 9, 7)
    for scale in range(3):
        assert blobs.there[:, scale].tolist() == [[True] * 3, [True, False, False], [False] * 3]
        expected = [planted[k][:2] for k in (1, 0, 2)]
        np.testing.assert_allclose(blobs.place[0, scale], expected, atol=0.35)
        np.testing.assert_allclose(blobs.place[1, scale, 0], planted[0][:2], atol=0.2)


def test_faint_blobs_and_those_at_the_border_are_none():
    blobs = find_blobs(np.stack([with_blobs((32, 32, 1)), with_blobs((32, 32, 6)), with_blobs((2, 30, 90))]))
    assert blobs.there[:, 0, 0].tolist() == [False, True, False]
    for edge, there in ((5.0, False), (7.0, True), (56.5, True), (58.5, False)):  # three of 32 rows are border
        grey = np.stack([with_blobs((edge, 32, 90), wide=2), with_blobs((32, edge, 90), wide=2)])
        assert find_blobs(grey).there[:, 0, 0].tolist() == [there, there]


@pytest.mark.parametrize("top", [-0.5, -0.3, 0.0, 0.2, 0.5])
def test_a_parabola_has_its_top_between_its_neighbours(top):
    before, at, after = (10 - 3 * (place - top) ** 2 for place in (-1, 0, 1))
    assert copy_blobs._vertex(np.array(before), np.array(at), np.array(after)) == pytest.approx(top)


def test_what_is_no_hill_has_no_top_far_away():
    flat = [copy_blobs._vertex(*map(np.array, three)) for three in ((1.0, 1, 1), (0.0, 1, 2), (2.0, 1, 0))]
    assert [float(place) for place in flat] == [0, 0.5, -0.5]


@pytest.mark.parametrize("scale", [1.0, 1.07, 1.15])
def test_circles_show_the_nearest_pixels_mirrored_at_the_border(scale):
    grey = RNG.normal(size=(2, 64, 64)).astype(np.float32)
    place = np.array([[[32.2, 31.7], [3.0, 60.0]], [[62.5, 5.0], [20.0, 33.3]]], np.float32)
    found = copy_blobs._circles(grey, place, scale)
    assert found.shape == (2, 2, 9, 32)
    for n, point, r, angle in np.ndindex(found.shape):
        turn = 2 * np.pi * angle / 32
        at = [
            place[n, point, 0] + scale * RADII[r] * np.sin(turn),
            place[n, point, 1] + scale * RADII[r] * np.cos(turn),
        ]
        inside = [abs(v) if v < 0 else 126 - v if v > 63 else v for v in at]
        if all(abs(v % 1 - 0.5) > 1e-3 for v in inside):  # else either neighbour will do
            assert found[n, point, r, angle] == grey[n, round(inside[0]), round(inside[1])]


def test_each_picture_may_have_a_scale_of_its_own():
    grey = RNG.normal(size=(2, 64, 64)).astype(np.float32)
    place = np.full((2, 1, 2), 32, np.float32)
    both = copy_blobs._circles(grey, place, np.array([1.0, 1.15])[:, None, None, None, None])
    for k, scale in enumerate((1.0, 1.15)):
        np.testing.assert_array_equal(both[k], copy_blobs._circles(grey[k : k + 1], place[k : k + 1], scale)[0])


def test_waves_are_coefficients_of_circles_that_weigh_by_their_length():
    around = RNG.normal(100, 20, (2, 9, 32)).astype(np.float32)
    found = copy_blobs._spectra(around)
    assert found.shape == (2, 9, 7) and found.dtype == np.complex64
    share = np.repeat(np.array(RADII)[:, None] / (sum(RADII) * 32), 32, axis=1)
    for k in range(2):
        mean = np.average(around[k], weights=share)
        spread = np.sqrt(np.average((around[k] - mean) ** 2, weights=share))
        values = (around[k] - mean) / (spread + 1) * np.sqrt(share)
        for r, harmonic in np.ndindex(9, 7):
            expected = (values[r] * np.exp(-2j * np.pi * harmonic * np.arange(32) / 32)).sum()
            assert found[k, r, harmonic] == pytest.approx(expected, abs=1e-4)


def test_no_turn_or_flip_changes_what_is_told_of_a_blob():
    around = RNG.normal(100, 20, (3, 9, 32)).astype(np.float32)
    told = invariant(copy_blobs._spectra(around))
    assert told.shape == (3, 9 * 7) and told.dtype == np.float32
    for other in (np.roll(around, 5, axis=-1), around[..., ::-1]):
        np.testing.assert_allclose(invariant(copy_blobs._spectra(other)), told, atol=1e-4)
    np.testing.assert_allclose(invariant(copy_blobs._spectra(2 * around - 80)), told, atol=0.03)  # contrast, nearly
    above = around.mean(axis=-1) > np.average(around.mean(axis=-1), weights=RADII, axis=-1)[:, None]
    assert np.array_equal(told.reshape(3, 9, 7)[..., 0] > 0, above)  # means of circles keep their sign
    assert np.abs(invariant(copy_blobs._spectra(around[:, ::-1])) - told).max() > 0.1


def test_axes_are_learnt_in_which_pictures_differ_more_than_views_of_one():
    pictures = np.stack([
        with_blobs(*[(32 + dy, 32 + dx, d) for dy, dx, d in zip(*RNG.normal(0, 6, (2, 4)), RNG.uniform(30, 90, 4),
                                                                strict=True)])
        for _ in range(20)
    ])  # fmt: skip
    axes = copy_blobs.discriminants(pictures)
    assert axes.shape == (63, 32) and axes.dtype == np.float32
    assert np.array_equal(axes, copy_blobs.discriminants(pictures))
    seen = [invariant(find_blobs(p).waves[:, 0, 0]) @ axes for p in (pictures, np.minimum(1.1 * pictures, 255))]
    change = np.linalg.norm(seen[0] - seen[1], axis=1)
    apart = np.linalg.norm(seen[0][:, None] - seen[0][None], axis=2)[~np.eye(20, dtype=bool)]
    assert np.median(apart) > 4 * np.median(change)
    spread = seen[0].std(axis=0)
    assert spread[:4].min() > spread[-4:].max()  # the axis that tells most comes first


def test_pictures_without_a_blob_teach_nothing_and_break_nothing():
    axes = copy_blobs.discriminants(np.full((2, 64, 64), 200, np.float32))
    assert axes.shape == (63, 32) and np.isfinite(axes).all()
