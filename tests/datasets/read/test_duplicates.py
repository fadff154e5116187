"""Copies of images: found whatever was done to them, and told from other cells."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.fft import dctn
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


def spectrum_of(picture, size):
    """Return the low frequencies of grey values without their mean, as scipy transforms them."""
    grey = picture.astype(float) @ (0.299, 0.587, 0.114)
    low = dctn(grey, norm="ortho")[:size, :size]
    low = np.pad(low, [(0, size - n) for n in low.shape])
    low[0, 0] = 0
    return low


@pytest.mark.parametrize("shape", [(28, 28), (8, 20), (40, 33)])
@pytest.mark.parametrize("size", [16, 32])
def test_spectra_are_those_of_scipy_and_flat_pictures_have_none(shape, size, monkeypatch):
    monkeypatch.setattr(duplicates, "_BLOCK", 4)
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(9, *shape, 3)) * np.array([0.5, 0.9, 1.2, 1.5, 2, 3, 8, 40, 60])[:, None, None, None]
    wave = (
        np.cos(np.pi * (np.arange(shape[1]) + 0.5) / shape[1])[:, None] * np.arange(0.4, 1.3, 0.1)[:, None, None, None]
    )
    for pictures in ((120 + noise).clip(0, 255).astype(np.uint8), np.rint(120 + wave + noise / 50).astype(np.uint8)):
        pictures = np.broadcast_to(pictures, (9, *shape, 3))
        rows = np.array([8, 0, 3, 1, 2, 5, 4, 7, 6])
        spectra, clear = duplicates._spectra(pictures, rows, size)
        expected = [spectrum_of(pictures[row], size) for row in rows]
        length = np.array([np.linalg.norm(e) for e in expected])
        told = length / np.sqrt(shape[0] * shape[1]) > 0.5  # grey levels
        assert clear.tolist() == told.tolist() and told.sum() > 0
        np.testing.assert_allclose(
            spectra, [e / n for e, n, c in zip(expected, length, told, strict=True) if c], atol=1e-3
        )


def test_detail_is_the_correlation_of_laplacians():
    pictures = cells(5, seed=6)
    pictures[1] = jpeg(pictures[0], 20)
    first, second = np.array([0, 0, 3, 2]), np.array([1, 2, 4, 2])
    found = duplicates._same_detail(pictures, first, second)
    steps = np.add.outer(np.arange(32.0) ** 2, np.arange(32.0) ** 2)
    for k, (a, b) in enumerate(zip(first, second, strict=True)):
        here = spectrum_of(pictures[a], 32) * steps
        there = [spectrum_of(np.rot90(p, q), 32) * steps for p in (pictures[b], pictures[b][:, ::-1]) for q in range(4)]
        agree = [(here * t).sum() / np.linalg.norm(here) / np.linalg.norm(t) for t in there]
        assert min(abs(value - 0.65) for value in agree) > 1e-3
        assert sum(value >= 0.65 for value in agree) == found[:, k].sum() and found[0, k] == (agree[0] >= 0.65)


@pytest.mark.parametrize(("product", "found"), [(0.97995, True), (0.98, True), (0.9798, False)])
def test_pairs_just_below_the_bound_are_looked_at(product, found):
    signatures = np.zeros((3, 64), np.float32)
    signatures[0, 0], signatures[1, :2], signatures[2, 2] = 1, (product, np.sqrt(1 - product**2)), 1
    first, second = duplicates._candidates(signatures)
    assert list(zip(first, second, strict=True)) == ([(0, 1)] if found else [])


@pytest.mark.parametrize("products", [1, 17, 40, 2**25])
def test_every_pair_is_looked_at_once_whatever_fits_in_memory(products, monkeypatch):
    monkeypatch.setattr(duplicates, "_PRODUCTS", products)
    signatures = np.abs(np.random.default_rng(0).normal(size=(13, 2))).astype(np.float32)
    signatures /= np.linalg.norm(signatures, axis=1)[:, None]
    first, second = duplicates._candidates(signatures)
    expected = [(i, j) for i in range(13) for j in range(i + 1, 13) if signatures[i] @ signatures[j] > 0.98]
    assert sorted(zip(first.tolist(), second.tolist(), strict=True)) == expected
    assert [part.tolist() for part in duplicates._candidates(signatures[:0])] == [[], []]


def test_signatures_have_unit_length_and_no_flip_or_turn_changes_them():
    spectra = np.random.default_rng(0).normal(size=(4, 16, 16)).astype(np.float32)
    spectra[:, 0, 0] = 0
    spectra /= np.linalg.norm(spectra, axis=(1, 2))[:, None, None]
    told = duplicates._signatures(spectra)
    assert told.shape == (4, 64)
    np.testing.assert_allclose(np.linalg.norm(told, axis=1), 1, atol=1e-6)
    sign = (-1.0) ** np.arange(16)
    for other in (spectra * sign, spectra * sign[:, None], spectra.transpose(0, 2, 1)):
        np.testing.assert_allclose(duplicates._signatures(other.astype(np.float32)), told, atol=1e-6)
    left_out = 1 - (spectra[:, :8, :8] ** 2).sum(axis=(1, 2))
    np.testing.assert_allclose(told[:, -1] ** 2, left_out, atol=1e-5)


def test_a_square_pair_is_not_named_again_as_moved():
    pictures = cells(6)
    pixels = np.stack([*pictures, pictures[2][:, ::-1], turned(cropped(pictures[4], 0.1, (0, 0)), 8)])
    found = duplicates.find_copies(bags(pixels))
    told = list(zip(found.first, found.second, found.turned, found.moved, strict=True))
    assert told == [(2, 6, True, False), (4, 7, False, True)]
    for name, kind in (("first", np.int64), ("second", np.int64), ("turned", np.bool_), ("moved", np.bool_)):
        assert getattr(found, name).dtype == kind


def test_one_picture_or_one_that_is_not_blank_has_no_copy():
    pixels = np.stack([cells(1)[0], np.full((48, 48, 3), 200, np.uint8)])
    for shown in (pixels[:1], pixels):
        assert not pairs(duplicates.find_copies(bags(shown)))
