"""Neighbours of pictures by their blobs, beside loops over all pairs, and the turn that takes one to the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.read import copy_candidates
from datasets.read.copy_candidates import _closest, _nearest, _Neighbours, _turns, find_candidates


def spotted(n, side=64, seed=0):
    """Return n pictures, each with a dark lobed spot of its own among pale ones, uint8 (n, side, side, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    pictures = np.full((n, side, side), 220.0)
    for picture in pictures:
        for _ in range(4):
            cy, cx, wide = *(0.5 + rng.normal(0, 0.08, 2)), rng.uniform(0.05, 0.1)
            picture -= rng.uniform(40, 80) * np.exp(-(((y - cy) / wide) ** 2 + ((x - cx) / wide / 1.5) ** 2))
    return pictures.clip(0, 255).astype(np.uint8)[..., None].repeat(3, axis=3)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turn_takes_every_angle_to_its_place(mirrored):
    for steps in range(32):
        matrix = _turns(np.array([steps + 32 * mirrored]))[0]
        for theta in (0.0, 0.4, 2.0, 5.0):
            angle = steps * 2 * np.pi / 32 - theta if mirrored else steps * 2 * np.pi / 32 + theta
            np.testing.assert_allclose(
                matrix @ (np.sin(theta), np.cos(theta)), (np.sin(angle), np.cos(angle)), atol=1e-5
            )
    assert matrix.dtype == np.float32


ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 2), st.integers(0, 8), st.integers(0, 2)),
    max_size=60,
)


@given(ROWS, st.randoms(use_true_random=False))
def test_each_image_has_its_five_closest_others_each_by_its_closest_blob(rows, random):
    columns = np.array(rows, np.int64).reshape(-1, 5)
    away = np.array(random.sample(range(100), len(rows)), float)
    found = _closest(_Neighbours(*columns.T), away)
    expected = []
    for image in range(5):
        best: dict[int, tuple[float, tuple[int, ...]]] = {}
        for row, distance in zip(rows, away, strict=True):
            if row[0] == image and row[3] != image and distance < best.get(row[3], (1e9, ()))[0]:
                best[row[3]] = (distance, row)
        expected += [row for _, row in sorted(best.values())[:5]]
    told = zip(found.first, found.scale, found.mine, found.second, found.theirs, strict=True)
    assert [tuple(map(int, row)) for row in told] == expected


def test_blobs_of_every_scale_are_looked_up_among_those_of_the_first():
    rng = np.random.default_rng(0)
    shape = rng.normal(0, 3, (4, 3, 2, 2)).astype(np.float32)
    there = np.ones((4, 3, 2), bool)
    there[1, 0, 1], there[2, 1, 0], there[3, :, 1] = False, False, False
    found = _nearest(shape, there)
    expected = set()
    for i in range(4):
        reach = {}
        for scale, mine, j, theirs in np.ndindex(3, 2, 4, 2):
            away = np.linalg.norm(shape[i, scale, mine] - shape[j, 0, theirs])
            if i != j and there[i, scale, mine] and there[j, 0, theirs] and away < 9:
                reach[j] = min(reach.get(j, (1e9,)), (away, i, scale, mine, j, theirs))
        expected |= {row[1:] for row in reach.values()}
    told = zip(found.first, found.scale, found.mine, found.second, found.theirs, strict=True)
    assert {tuple(map(int, row)) for row in told} == expected


@pytest.mark.parametrize(("away", "found"), [(8.9, 2), (9.1, 0)])
def test_blobs_that_are_farther_than_nine_are_no_neighbours(away, found):
    shape = np.array([0, away], np.float32).reshape(2, 1, 1, 1)
    assert len(_nearest(shape, np.ones((2, 1, 1), bool)).first) == found
    assert len(_nearest(shape, np.zeros((2, 1, 1), bool)).first) == 0


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_picture_is_a_candidate_with_its_turn(quarters, mirrored):
    pictures = spotted(6)
    turned = np.rot90(pictures[2][:, ::-1] if mirrored else pictures[2], quarters)
    pixels = np.concatenate([pictures[:2], turned[None], pictures])  # rows 1 and 0 are not asked for
    found = find_candidates(pixels, np.arange(2, 9))
    (k,) = np.flatnonzero((found.first == 0) & (found.second == 3))
    turn = np.diag([1, -1 if mirrored else 1]) @ np.linalg.matrix_power(np.array([[0, 1], [-1, 0]]), quarters)
    assert np.abs(found.linear[k] / np.sqrt(abs(np.linalg.det(found.linear[k]))) - turn).max() < 0.45
    middle = 31.5
    np.testing.assert_allclose(turn @ (found.at_first[k] - middle) + middle, found.at_second[k], atol=1.5)


def test_blocks_agree_with_one_block_and_slices_with_their_rows(monkeypatch):
    pixels = spotted(9)
    whole = find_candidates(pixels, np.arange(9))
    monkeypatch.setattr(copy_candidates, "_BLOCK", 4)
    parts = find_candidates(pixels, np.arange(9))
    for name in ("first", "second", "at_first", "at_second", "linear"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), atol=1e-4)
        np.testing.assert_array_equal(getattr(whole[2:5], name), getattr(whole, name)[2:5])
    assert (np.bincount(whole.first) <= 5).all() and (whole.first != whole.second).all()


def test_two_hundred_images_teach(monkeypatch):
    class Told(Exception):
        pass

    def teach(rows):
        raise Told(rows.tolist())

    monkeypatch.setattr(copy_candidates, "_all_blobs", lambda pixels, rows: None)
    monkeypatch.setattr(copy_candidates, "greys", lambda pixels, rows: rows)
    monkeypatch.setattr(copy_candidates, "discriminants", teach)
    with pytest.raises(Told) as told:
        find_candidates(np.empty(0, np.uint8), np.arange(1199))
    assert told.value.args[0] == list(range(0, 1000, 5))


@pytest.mark.parametrize(("images", "learnt"), [(2, [0, 1]), (3, [0, 1, 2]), (7, [0, 2, 4]), (10, [0, 3, 6])])
def test_blobs_are_described_as_some_images_teach(monkeypatch, images, learnt):
    pixels, seen = spotted(images), []
    monkeypatch.setattr(copy_candidates, "_SAMPLE", 3)
    real = copy_candidates.discriminants
    monkeypatch.setattr(copy_candidates, "discriminants", lambda grey: seen.append(grey) or real(grey))
    find_candidates(pixels, np.arange(images))
    np.testing.assert_array_equal(seen[0], copy_candidates.greys(pixels, np.array(learnt)))
