"""How one picture is laid over another, beside loops over places and numbers that scipy gives."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from datasets.read import copy_views
from datasets.read.copy_views import Pose, Views, agreement, inside, places, refined

SIDE = 32
RNG = np.random.default_rng(0)


def poses(k=3):
    return Pose(
        RNG.uniform(5, 25, (k, 2)).astype(np.float32), RNG.uniform(5, 25, (k, 2)).astype(np.float32),
        (np.eye(2) + RNG.normal(0, 0.3, (k, 2, 2))).astype(np.float32),
    )  # fmt: skip


def smooth(at):
    """Return a picture with a few soft spots at places (..., 2)."""
    spots = [(11, 13, 4, 90), (20, 19, 5, -70), (17, 10, 3, 60), (13, 21, 4, -50)]
    return 128 + sum(a * np.exp(-((at - (y, x)) ** 2).sum(axis=-1) / (2 * s**2)) for y, x, s, a in spots)


def grid():
    return np.stack(np.mgrid[:SIDE, :SIDE], axis=-1).astype(float)


def views(a, b, white_a=None, white_b=None):
    none = np.zeros((len(a), SIDE, SIDE), np.float32)
    return Views(
        np.float32(a), np.float32(b), none if white_a is None else white_a, none if white_b is None else white_b
    )


def still(k=1):
    middle = np.full((k, 2), (SIDE - 1) / 2, np.float32)
    return Pose(middle, middle, np.tile(np.eye(2, dtype=np.float32), (k, 1, 1)))


def test_places_are_every_so_manieth_pixel_row_after_row():
    for side, step in ((5, 1), (5, 2), (6, 2)):
        expected = [[y, x] for y in range(0, side, step) for x in range(0, side, step)]
        assert places(side, step).tolist() == expected and places(side, step).dtype == np.float32


@pytest.mark.parametrize("side", [7, 8, 12])
def test_inside_is_the_round_part_with_its_edge(side):
    middle = (side - 1) / 2
    expected = [np.hypot(y - middle, x - middle) <= middle - 1 + 1e-9 for y in range(side) for x in range(side)]
    assert inside(places(side, 1), side).tolist() == expected
    assert inside(np.float32([[3, 1], [1, 3], [5, 3], [3, 5.01], [1.5, 1.5]]), 7).tolist() == [True] * 3 + [False] * 2


def test_a_pose_maps_places_as_it_says_also_at_another_size():
    pose, at = poses(), np.float32([[0, 0], [3, 8], [20, 1]])
    double, part = pose.resized(2), pose[np.array([2, 0])]
    for k in range(3):
        for p, place in enumerate(at):
            expected = pose.linear[k] @ (place - pose.origin[k])
            np.testing.assert_allclose(pose.offset(at)[k, p], expected, rtol=1e-4, atol=1e-4)
            # pixel n covers n to n + 1 of the picture, and 2 n to 2 n + 2 of one of twice the side
            seen = double.offset((2 * (place + 0.5) - 0.5)[None])[k, 0] + double.to[k]
            np.testing.assert_allclose(seen, 2 * (expected + pose.to[k] + 0.5) - 0.5, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(part.offset(at) + part.to[:, None], (pose.offset(at) + pose.to[:, None])[[2, 0]])


def test_a_change_grows_turns_and_shifts_what_a_pose_shows():
    pose, at = poses(), np.float32([[1, 2], [30, 5], [9, 28]])
    change = np.float32([[0.02, 0, 0, 0], [0, 0.03, 0, 0], [0.01, -0.02, 1.5, -0.5]])
    changed = pose.changed(change)
    assert np.array_equal(changed.origin, pose.origin)
    for k, (scale, angle, down, right) in enumerate(change):
        for place, before in zip(at, pose.offset(at)[k], strict=True):
            y, x = before
            expected = before * (1 + scale) + angle * np.array([-x, y]) + (down, right) + pose.to[k]
            np.testing.assert_allclose(
                changed.offset(place[None])[k, 0] + changed.to[k], expected, rtol=1e-4, atol=1e-3
            )


def test_values_between_pixels_are_those_of_scipy_and_beyond_the_edge_those_of_the_edge():
    maps = RNG.normal(size=(2, SIDE, SIDE, 3)).astype(np.float32)
    at = RNG.uniform(-4, SIDE + 3, (2, 50, 2)).astype(np.float32)
    found = copy_views._sample(maps, at)
    for k in range(2):
        for c in range(3):
            expected = map_coordinates(maps[k, ..., c], at[k].T.clip(0, SIDE - 1), order=1)
            np.testing.assert_allclose(found[k, :, c], expected, atol=0.01)


def test_views_are_taken_together():
    layers = RNG.normal(size=(4, 3, SIDE, SIDE)).astype(np.float32)
    for name, layer in zip(("a", "b", "white_a", "white_b"), layers, strict=True):
        np.testing.assert_array_equal(getattr(Views(*layers)[np.array([2, 1])], name), layer[[2, 1]])


@pytest.mark.parametrize("step", [1, 2])
def test_agreement_is_the_correlation_of_what_both_show_unless_overexposed(step):
    a, b = RNG.normal(0, 50, (2, 3, SIDE, SIDE))
    b[1] = 0.6 * a[1] + 0.4 * b[1]
    white_a, white_b = np.zeros((2, 3, SIDE, SIDE), np.float32)
    white_a[0, 10:14], white_b[0, 18:20], white_a[2, 8:12], white_b[2, 8:12] = 1, 1, 1, 1
    found, used = agreement(views(a, b, white_a, white_b), still(3), step=step)
    round_part = inside(places(SIDE, 1), SIDE).reshape(SIDE, SIDE)
    for k in range(3):
        shown = (round_part & (white_a[k] == 0) & (white_b[k] == 0))[::step, ::step]
        assert used[k].tolist() == shown.ravel().tolist()
        expected = np.corrcoef(a[k, ::step, ::step][shown], b[k, ::step, ::step][shown])[0, 1]
        assert found[k] == pytest.approx(expected, abs=2e-4)
    moved, _ = refined(views(a, b, white_a, white_b), still(3), step=step)
    np.testing.assert_allclose(moved, found, atol=1e-5)


def test_what_leaves_the_other_picture_is_not_compared():
    pose = still()
    pose = Pose(pose.origin, pose.to + np.float32([[6, 0]]), pose.linear)
    _, used = agreement(views([smooth(grid())], [smooth(grid())]), pose, step=1)
    middle = (SIDE - 1) / 2
    for (y, x), shown in zip(places(SIDE, 1), used[0], strict=True):
        both = [np.hypot(y + down - middle, x - middle) <= middle - 1 + 1e-6 for down in (0, 6)]
        assert shown == all(both)


def test_pictures_with_one_pixel_or_none_to_compare_do_not_agree():
    white = np.ones((2, SIDE, SIDE), np.float32)
    white[1, 16, 16] = 0
    a, b = RNG.normal(100, 50, (2, 2, SIDE, SIDE))
    found, used = agreement(views(a, b, white_b=white), still(2), step=1)
    assert found.tolist() == [0, 0] and used.sum(axis=1).tolist() == [0, 1]
    for pose in (refined(views(a, b, white_a=white), still(2), step=step)[1] for step in (1, 2)):
        np.testing.assert_allclose(pose.to, still(2).to, atol=1e-3)
        np.testing.assert_allclose(pose.linear, still(2).linear, atol=1e-3)


@pytest.mark.parametrize(
    ("scale", "angle", "shift"),
    [(0.03, 0, (0, 0)), (-0.03, 0, (0, 0)), (0, 0.04, (0, 0)), (0, 0, (0.5, 0)), (0, 0, (0, -0.5)),
     (0.02, -0.03, (0.3, 0.4))],
)  # fmt: skip
def test_a_step_leads_nearly_to_where_one_picture_lies_on_the_other(scale, angle, shift):
    pose = still(2)
    turn = (1 + scale) * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = (SIDE - 1) / 2
    b = smooth(grid())
    a = smooth((grid() - middle) @ turn.T + middle + shift)  # shows at p what b shows at turn (p - middle) + ...
    found = refined(views([a, 2 * b], [1.5 * b, 1.5 * b]), pose, step=1)[1]
    size = max(abs(scale), abs(angle), *np.abs(shift))
    np.testing.assert_allclose(found.linear[0], turn, atol=0.25 * max(abs(scale), abs(angle)) + 0.003)
    np.testing.assert_allclose(found.to[0], np.array(shift) + middle, atol=0.07 * size + 0.006)
    for _ in range(4):
        agreed, found = refined(views([a, 2 * b], [1.5 * b, 1.5 * b]), found, step=1)
    np.testing.assert_allclose(found.linear[0], turn, atol=0.005)  # values between pixels are not quite the picture's
    np.testing.assert_allclose(found.to[0], np.array(shift) + middle, atol=0.012)
    np.testing.assert_allclose(found.linear[1], np.eye(2), atol=1e-4)  # it lay there before
    assert agreed.min() > 0.9999


def test_no_step_goes_far():
    along = np.float32(RNG.normal(size=(5, 200, 4)))
    far = np.float32([[9, 0, 0, 0], [0, -9, 0, 0], [0, 0, 9, 0], [0, 0, 0, -9], [0.05, 0.1, -1, 1.5]])
    change = copy_views._solved(along, np.einsum("kpc,kc->kp", along, far) + 7, np.ones((5, 200), np.float32))
    expected = [*np.diag([0.1, -0.15, 2, -2]), [0.05, 0.1, -1, 1.5]]
    np.testing.assert_allclose(change, expected, atol=0.005)


def test_a_step_lowers_the_error_of_the_used_places_alone():
    along, used = np.float32(RNG.normal(size=(2, 60, 4))), np.float32(RNG.random((2, 60)) < 0.6)
    error = np.float32(RNG.normal(0, 0.05, (2, 60)))
    change = copy_views._solved(along, error, used)
    for k in range(2):
        rows = used[k] > 0
        design = along[k, rows] - along[k, rows].mean(axis=0)
        penalty = np.sqrt(1e-3) * np.eye(4)
        best = np.linalg.lstsq(np.vstack([design, penalty]), np.r_[error[k, rows], np.zeros(4)], rcond=None)[0]
        np.testing.assert_allclose(change[k], best, atol=2e-5)
    weak = copy_views._solved(along[:1] * 0.01, error[:1], used[:1])  # where slopes are faint the penalty counts
    rows = used[0] > 0
    design = (along[0, rows] - along[0, rows].mean(axis=0)) * 0.01
    best = np.linalg.solve(design.T @ design + 1e-3 * np.eye(4), design.T @ error[0, rows])
    np.testing.assert_allclose(weak[0], best.clip([-0.1, -0.15, -2, -2], [0.1, 0.15, 2, 2]), atol=1e-4)
