"""When pictures that lie on one another are one, and how many steps they are followed, beside loops and scipy."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from datasets.read import copy_alignment
from datasets.read.copy_alignment import Fit, align
from datasets.read.copy_blobs import greys
from datasets.read.copy_candidates import Candidates
from datasets.read.copy_views import Pose, Views
from tests.datasets.read.test_copy_candidates import spotted

MIDDLE = 31.5


def candidates(first, second, linear=None, at=None):
    places = np.full((len(first), 2), MIDDLE, np.float32)
    turns = np.tile(np.eye(2, dtype=np.float32), (len(first), 1, 1)) if linear is None else np.float32(linear)
    return Candidates(
        np.array(first, np.int64), np.array(second, np.int64), places, places if at is None else np.float32(at), turns
    )


@pytest.mark.parametrize(
    ("grey", "detail", "used", "seen", "same"),
    [
        (0.98, 0.94, 0.12, 0.4, True), (0.9799, 0.99, 0.9, 0.9, False), (0.98, 0.9399, 0.9, 0.9, False),
        (0.997, 0.85, 0.3, 0.4, True), (0.9969, 0.9, 0.9, 0.9, False), (0.999, 0.8499, 0.9, 0.9, False),
        (0.999, 0.9, 0.2999, 0.9, False), (0.999, 0.95, 0.1199, 0.9, False), (0.999, 0.95, 0.9, 0.3999, False),
        (0.999, 0.95, 0.2, 0.5, True), (0.0, 0.99, 0.9, 0.9, False), (1.0, 1.0, 1.0, 1.0, True),
    ],
)  # fmt: skip
def test_pairs_are_one_picture_from_the_bounds_on(grey, detail, used, seen, same):
    assert Fit(*np.array([[grey], [detail], [used], [seen]], np.float32)).same.tolist() == [same]


def test_small_pictures_are_means_of_four_pixels_and_white_where_one_is(monkeypatch):
    levels = np.random.default_rng(0).integers(0, 256, (5, 64, 64), dtype=np.uint8)
    levels[:, 20:24] = [[[249]], [[250]], [[251]], [[255]], [[10]]]
    pixels, rows = levels[..., None].repeat(3, axis=3), np.array([4, 1, 0, 2, 3])
    monkeypatch.setattr(copy_alignment, "_BLOCK", 2)
    small = copy_alignment._small(pixels, rows)
    for k, row in enumerate(rows):
        grey = greys(pixels, np.array([row]))[0]
        means, white = np.empty((2, 32, 32))
        for y, x in np.ndindex(32, 32):
            quarter = grey[2 * y : 2 * y + 2, 2 * x : 2 * x + 2]
            means[y, x], white[y, x] = quarter.mean(), (quarter >= 250).any()
        np.testing.assert_allclose(small.grey[k], gaussian_filter(means, 1), atol=1e-2)
        np.testing.assert_array_equal(small.white[k], white)
    pairs = candidates([0, 1], [3, 2])
    views = small.views(pairs)
    for name, layer in (("a", small.grey[[0, 1]]), ("b", small.grey[[3, 2]]), ("white_a", small.white[[0, 1]]),
                        ("white_b", small.white[[3, 2]])):  # fmt: skip
        np.testing.assert_array_equal(getattr(views, name), layer)


def test_views_are_blurred_by_a_pixel_each_and_white_beside_what_is_overexposed():
    a, b = np.random.default_rng(0).uniform(0, 250, (2, 2, 64, 64)).astype(np.float32)
    a[0, 30, 30], b[1, 10, 12], b[0, 40, 40:43] = 250, 251, 250
    views = copy_alignment._views(a, b)
    for blurred, white, grey in ((views.a, views.white_a, a), (views.b, views.white_b, b)):
        for k in range(2):
            np.testing.assert_allclose(blurred[k], gaussian_filter(grey[k], 1), atol=1e-3)
            over = gaussian_filter((grey[k] >= 250).astype(float), 1) > 0.1
            np.testing.assert_array_equal(white[k], over)


@pytest.mark.parametrize("shift", [(0, 0), (5, -3)])
def test_a_fit_compares_greys_details_and_the_shares_of_what_is_seen(shift):
    rng = np.random.default_rng(0)
    a, b = (gaussian_filter(rng.normal(0, 60, (64, 64)), 1.5).astype(np.float32) for _ in range(2))
    b = np.roll(0.8 * a + 0.4 * b, shift, axis=(0, 1))
    white = np.zeros((64, 64), np.float32)
    white[20:30, 20:50] = 1
    where = np.full((1, 2), MIDDLE, np.float32)
    pose = Pose(where, where + np.float32(shift), np.eye(2, dtype=np.float32)[None])
    grey, detail, used, seen = copy_alignment._judged(Views(a[None], b[None], white[None], white[None] * 0), pose)[:, 0]
    y, x = np.mgrid[:64, :64]
    here = np.hypot(y - MIDDLE, x - MIDDLE) <= MIDDLE - 1
    there = np.hypot(y + shift[0] - MIDDLE, x + shift[1] - MIDDLE) <= MIDDLE - 1
    both, compared = here & there, here & there & (white == 0)
    back = tuple(-s for s in shift)
    assert seen == pytest.approx(both.mean(), abs=1e-6) and used == pytest.approx(compared.mean(), abs=1e-6)
    for found, sharp in ((grey, lambda p: p), (detail, lambda p: p - gaussian_filter(p, 3))):
        expected = np.corrcoef(sharp(a)[compared], np.roll(sharp(b), back, axis=(0, 1))[compared])[0, 1]
        assert found == pytest.approx(expected, abs=2e-3)


def test_pairs_are_followed_as_long_as_they_agree_enough(monkeypatch):
    agreed = {0: [0.5, 0.9, 0.9], 1: [0.49, 1, 1], 2: [0.6, 0.69, 1], 3: [0.6, 0.7, 0.8], 4: [0.9, 0.9, 0.79]}
    turn = iter(range(9))

    def refined(views, pose, *, step):
        now = next(turn)
        told = np.array([agreed[int(v)][now] for v in views.a[:, 0, 0]])
        return told, Pose(pose.origin, pose.to + step, pose.linear)

    monkeypatch.setattr(copy_alignment, "refined", refined)
    layer = np.arange(5, dtype=np.float32)[:, None, None] * np.ones((1, 4, 4), np.float32)
    where = np.zeros((5, 2), np.float32)
    pose = Pose(where + np.arange(5)[:, None], where, np.zeros((5, 2, 2), np.float32))
    kept, views, found = copy_alignment._followed(Views(*[layer] * 4), pose, (0.5, 0.7, 0.8))
    assert kept.tolist() == [0, 3] == views.a[:, 0, 0].tolist() == found.origin[:, 0].tolist()
    assert (found.to == 6).all()  # every second pixel is looked at, three times


def test_copies_are_told_from_others_and_blocks_agree_with_one_block(monkeypatch):
    pictures = spotted(5, seed=3)
    quarter, moved = np.rot90(pictures[1]), np.roll(pictures[2], (4, -3), axis=(0, 1))
    pixels = np.concatenate([pictures, quarter[None], moved[None]])[::-1]  # rows turn it round
    rows = np.arange(7)[::-1]
    same, turn = np.eye(2), np.array([[0.0, -1.0], [1.0, 0.0]])
    pairs = candidates(
        [0, 1, 2, 3, 0, 2], [1, 5, 6, 3, 5, 4], [same, turn, same, same, turn, same],
        [[MIDDLE, MIDDLE], [MIDDLE, MIDDLE], [MIDDLE + 3, MIDDLE - 2], *[[MIDDLE, MIDDLE]] * 3],
    )  # fmt: skip
    fit = align(pixels, rows, pairs)
    assert fit.same.tolist() == [False, True, True, True, False, False]
    assert fit.grey[3] == pytest.approx(1, abs=1e-3) and fit.detail[3] > 0.98
    y, x = np.mgrid[:64, :64]
    assert fit.seen[[1, 3]] == pytest.approx((np.hypot(y - MIDDLE, x - MIDDLE) <= MIDDLE - 1).mean(), abs=0.02)
    assert (fit.grey[[0, 4, 5]] < 0.9).all()
    for block in (1, 2, 4):
        monkeypatch.setattr(copy_alignment, "_BLOCK", block)
        for name in ("grey", "detail", "used", "seen"):
            np.testing.assert_allclose(getattr(align(pixels, rows, pairs), name), getattr(fit, name), atol=1e-4)
    none = align(pixels, rows, candidates([], [], np.empty((0, 2, 2)), np.empty((0, 2))))
    assert none.same.shape == (0,)
