"""Copies of images: found whatever was done to them, and told from other cells."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import gaussian_filter

from datasets.cohort import ImageBags
from datasets.read import duplicates


def cells(n: int, seed: int = 0, side: int = 48) -> np.ndarray:
    """Return n pictures of a dark, lobed blob among paler ones, uint8 (n, side, side, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    pictures = np.empty((n, side, side, 3), np.uint8)
    for picture in pictures:
        shade = np.full((side, side), 225.0)
        for _ in range(5):
            cy, cx = rng.random(2)
            shade[np.hypot(y - cy, x - cx) < 0.1] = 190
        for _ in range(4):
            cy, cx = 0.5 + rng.normal(0, 0.09, 2)
            shade[np.hypot((y - cy) * rng.uniform(0.7, 1.4), x - cx) < rng.uniform(0.1, 0.16)] = rng.uniform(70, 120)
        noisy = shade[..., None] * (1.0, 0.85, 0.95) + rng.normal(0, 3, (side, side, 3))
        picture[:] = noisy.clip(0, 255)
    return pictures


def jpeg(picture: np.ndarray, quality: int = 60) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def brighter(picture: np.ndarray) -> np.ndarray:
    return (picture * 0.9 + 12).clip(0, 255).astype(np.uint8)


def bags(pixels: np.ndarray) -> ImageBags:
    return ImageBags(np.ascontiguousarray(pixels), np.arange(len(pixels) + 1))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))


def pairs(copies: duplicates.Copies) -> set[tuple[int, int, bool]]:
    return set(zip(copies.first.tolist(), copies.second.tolist(), copies.turned.tolist(), strict=True))


@pytest.mark.parametrize("change", [jpeg, brighter, lambda p: jpeg(brighter(p), 50)])
@pytest.mark.parametrize("side", [28, 48, 64])
def test_a_changed_copy_is_found_upright(change, side):
    pictures = cells(12, side=side)
    assert pairs(duplicates.find_copies(bags([*pictures, change(pictures[3])]))) == {(3, 12, False)}


def cropped(picture: np.ndarray, share: float, corner: tuple[float, float]) -> np.ndarray:
    """Return what is left of a picture, at its size."""
    side = len(picture)
    left = round(side * (1 - share))
    top, start = (round(c * (side - left)) for c in corner)
    part = Image.fromarray(picture[top : top + left, start : start + left])
    return np.asarray(part.resize((side, side), Image.Resampling.BICUBIC))


def shifted(picture: np.ndarray, down: int, right: int) -> np.ndarray:
    side, room = len(picture), 8
    padded = np.pad(picture, ((room, room), (room, room), (0, 0)), mode="edge")
    return padded[room + down : room + down + side, room + right : room + right + side]


def turned(picture: np.ndarray, degrees: float) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).rotate(degrees, Image.Resampling.BICUBIC))


def overexposed(picture: np.ndarray) -> np.ndarray:
    return (picture * 1.3).clip(0, 255).astype(np.uint8)


MOVES = [
    lambda p: cropped(p, 0.05, (0, 1)),
    lambda p: cropped(p, 0.10, (1, 1)),
    lambda p: cropped(p, 0.15, (0.5, 0.5)),
    lambda p: cropped(p, 0.15, (0, 0)),
    lambda p: shifted(p, 3, -3),
    lambda p: shifted(p, 0, 7),
    lambda p: turned(p, 10),
    lambda p: turned(p, -25),
    overexposed,
    lambda p: overexposed(turned(p, -10)),
    lambda p: np.rot90(cropped(p, 0.1, (1, 0))[:, ::-1]),
    lambda p: overexposed(np.rot90(turned(cropped(p, 0.1, (0.3, 0.6)), 10), 3)),
]


def test_cropped_shifted_turned_and_overexposed_copies_are_found():
    pictures = (cells(40, seed=4, side=64) * 0.85).astype(np.uint8)  # paler ones are white when overexposed
    copies = duplicates.find_copies(bags([*pictures, *(move(pictures[i]) for i, move in enumerate(MOVES))]))
    found = set(zip(copies.first.tolist(), copies.second.tolist(), strict=True))
    assert found <= {(i, 40 + i) for i in range(len(MOVES))}
    assert len(found) >= len(MOVES) - 1, found  # a search by nearest neighbours may miss one
    assert copies.moved.sum() >= len(MOVES) - 3  # the rest is near enough for the search that misses none


def test_pictures_of_any_size_are_laid_over_one_another():
    for side in (28, 120):
        pictures = cells(8, seed=2, side=side)
        copies = duplicates.find_copies(bags([*pictures, turned(cropped(pictures[5], 0.1, (0, 0)), 8)]))
        assert pairs(copies) == {(5, 8, False)} and copies.moved.all()


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_every_orientation_is_found(quarters, mirrored):
    pictures = cells(12)
    turned = np.rot90(pictures[5][:, ::-1] if mirrored else pictures[5], quarters)
    copies = duplicates.find_copies(bags([*pictures, jpeg(np.ascontiguousarray(turned))]))
    assert pairs(copies) == {(5, 12, mirrored or quarters > 0)}


def test_identical_images_point_at_the_first_and_are_no_pairs():
    pictures = cells(6)
    copies = duplicates.find_copies(bags(pictures[[0, 1, 2, 1, 4, 1]]))
    assert copies.identical.tolist() == [0, 1, 2, 1, 4, 1]
    assert not pairs(copies)


def test_blank_images_are_compared_by_bytes_only():
    grey = np.full((3, 48, 48, 3), 200, np.uint8)
    grey[2, 0, 0] = 201
    copies = duplicates.find_copies(bags(grey))
    assert copies.identical.tolist() == [0, 0, 2] and not pairs(copies)


def test_other_cells_do_not_collide_and_the_search_misses_no_pair():
    pictures = cells(150, seed=1)
    spectra, clear = duplicates._spectra(pictures, np.arange(150))
    best = np.array([duplicates._correlations(spectra, np.roll(spectra, k, 0)).max(axis=0) for k in range(1, 75)])
    assert clear.all() and best.max() < duplicates.SIMILAR
    signatures = duplicates._signatures(spectra)
    bound = np.array([(signatures * np.roll(signatures, k, 0)).sum(axis=1) for k in range(1, 75)])
    assert (bound >= best - 1e-5).all()
    assert not pairs(duplicates.find_copies(bags(pictures)))


def test_round_cells_on_bare_ground_are_told_apart_by_detail(monkeypatch):
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:48, :48] / 48 - 0.5
    inside = gaussian_filter((np.hypot(y, x) < 0.26) * 1.0, 2)
    texture = gaussian_filter(rng.normal(size=(20, 48, 48)), (0, 0.8, 0.8))
    pixels = (
        (230 - inside * (110 + 15 * texture / texture.std()))[..., None].repeat(3, axis=3).clip(0, 255).astype(np.uint8)
    )
    assert not pairs(duplicates.find_copies(bags(pixels)))
    assert pairs(duplicates.find_copies(bags(np.stack([*pixels, jpeg(pixels[4])])))) == {(4, 20, False)}
    monkeypatch.setattr(duplicates, "SAME_DETAIL", -1)
    everything = duplicates._search(pixels, np.arange(20), duplicates._digests(pixels, np.arange(20)))
    assert len(everything["first"]) > 100


def test_correlations_are_those_of_the_pictures():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 16, 16))
    wave = duplicates._cosines(16, 16)
    spectra = []
    for picture in (a, b):
        spectrum = wave @ (picture - picture.mean()) @ wave.T
        spectra.append((spectrum / np.linalg.norm(spectrum))[None].astype(np.float32))
    found = duplicates._correlations(*spectra)[:, 0]
    turned = [np.rot90(m, k) for m in (b, b[:, ::-1]) for k in range(4)]
    expected = [np.corrcoef(a.ravel(), t.ravel())[0, 1] for t in turned]
    assert np.allclose(sorted(found), sorted(expected), atol=1e-5)
    assert found[0] == pytest.approx(expected[0], abs=1e-5)


def test_groups_connect_specimens_by_any_of_their_images():
    pictures = cells(8)
    pixels = np.stack([*pictures, pictures[0], np.ascontiguousarray(pictures[4][::-1])])
    images = ImageBags(pixels, np.array([0, 2, 4, 4, 6, 8, 10]))  # bags 0, 1, 3, 4, 5; bag 2 is empty
    group = duplicates.groups(images)
    assert group[0] == group[5] == group[3]
    assert len(set(group.tolist())) == 4


def test_a_view_is_searched_alone():
    pictures = cells(6)
    images = bags(np.concatenate([pictures, pictures[:1]]))
    view = images[np.array([1, 6, 2])]
    assert duplicates.find_copies(view).identical.tolist() == [0, 1, 2]
    assert duplicates.groups(view).tolist() == [0, 1, 2]


def test_no_images_at_all():
    images = ImageBags(np.empty((0, 48, 48, 3), np.uint8), np.zeros(4, np.int64))
    assert len(set(duplicates.groups(images).tolist())) == 3


def test_the_cache_follows_the_pixels(tmp_path):
    pictures = cells(4)
    duplicates.find_copies(bags(pictures))
    again = duplicates.find_copies(bags(pictures.copy()))
    assert len(list(tmp_path.glob("copies-*"))) == 1
    duplicates.find_copies(bags(cells(4, seed=9)))
    assert len(list(tmp_path.glob("copies-*"))) == 2 and again.identical.tolist() == [0, 1, 2, 3]


def test_blocks_agree_with_one_block(monkeypatch):
    pixels = cells(30)
    pixels[[20, 29]] = [pixels[2][:, ::-1], jpeg(pixels[11])]
    whole = duplicates._search(pixels, np.arange(30), duplicates._digests(pixels, np.arange(30)))
    monkeypatch.setattr(duplicates, "_BLOCK", 7)
    parts = duplicates._search(pixels, np.arange(30), duplicates._digests(pixels, np.arange(30)))
    assert {k: v.tolist() for k, v in whole.items()} == {k: v.tolist() for k, v in parts.items()}
    assert whole["first"].tolist() == [2, 11] and whole["second"].tolist() == [20, 29]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_groups_of_identical_images_are_the_equal_ones(chosen):
    pixels = cells(5)[chosen]
    found = duplicates._search(pixels, np.arange(len(pixels)), duplicates._digests(pixels, np.arange(len(pixels))))
    assert found["identical"].tolist() == [chosen.index(c) for c in chosen]


def test_copies_of_a_copy_are_one_group():
    yes, no = np.array([True]), np.array([False])
    copies = duplicates.Copies(np.array([0, 1, 0, 3]), np.array([0]), np.array([3]), yes, no)
    assert len(set(copies.image_groups()[[0, 2, 3]].tolist())) == 1
    assert replace(copies, first=copies.first[:0], second=copies.second[:0]).image_groups()[3] != 0
