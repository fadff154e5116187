"""Images that may be one picture cropped, moved or turned: those whose dark blobs look alike from every side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CODE = Path(__file__).read_bytes()  # at import, for the keys of what is computed here
SIDE = 64  # pixels of the grey images that are compared
SCALES = (1.0, 1.07, 1.15)  # by which one picture may be larger; a crop of 15 % makes it 1.18 times as large
NEIGHBOURS = 5  # images that are compared with each one in full
ANGLES = 32
RADII = np.arange(1.5, 14, 1.5, dtype=np.float32)  # pixels
_POINTS = 3  # blobs of an image
_BLOB = 2.5  # standard deviation of the blur that finds them, in pixels of half the side
_HARMONICS = 7  # of the circles around a blob; higher ones are lost by compression
_NUMBERS = 32  # that describe a blob
_SAMPLE = 200  # images from which the description is learnt
_TRIES = 8  # changed views of each
_BLOCK = 512
_PRODUCTS = 2**25  # that are in memory at once, 128 MiB
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, eq=False)
class Blobs:
    """Hold the dark blobs of images, found once for each of ``SCALES``.

    Attributes:
        place: float32 (m, scales, points, 2), row and column in pixels of the grey image.
        there: bool (m, scales, points).
        shape: float32 (m, scales, points, d), the same however the image is turned or flipped.
    """

    place: NDArray[np.float32]
    there: NDArray[np.bool_]
    shape: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Hold pairs of images and the blob by which they resemble each other.

    Attributes:
        first: int64 (k,), and
        second: int64 (k,), positions of images; each pair once, in either order.
        at_first: float32 (k, 2), and
        at_second: float32 (k, 2), row and column of the blob in each.
        scale: float32 (k,), how many times larger the first picture is.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    at_first: NDArray[np.float32]
    at_second: NDArray[np.float32]
    scale: NDArray[np.float32]


def greys(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return grey images, float32 (n, SIDE, SIDE), 0 to 255."""
    down, across = _resampling(pixels.shape[1]), _resampling(pixels.shape[2])
    return np.asarray(down @ (pixels[rows].astype(np.float32) @ _GREY) @ across.T)


def _resampling(n: int) -> NDArray[np.float32]:
    """Return the matrix that resamples n pixels to ``SIDE``, float32 (SIDE, n)."""
    each = Image.fromarray(np.eye(n, dtype=np.float32))
    return np.asarray(each.resize((n, SIDE), Image.Resampling.BILINEAR), np.float32)


def circles(grey: NDArray[np.float32], place: NDArray[np.float32], scale: NDArray | float = 1.0) -> NDArray[np.float32]:
    """Return grey values on circles around places, mirrored at the border.

    Args:
        grey: float32 (n, SIDE, SIDE).
        place: float32 (n, ..., 2), row and column.
        scale: Factor of ``RADII``; broadcast to the leading axes of ``place``.

    Returns:
        float32 (n, ..., radii, angles).
    """
    turn = np.arange(ANGLES, dtype=np.float32) * np.float32(2 * np.pi / ANGLES)
    around = RADII[:, None, None] * np.stack([np.sin(turn), np.cos(turn)], axis=1)
    at = place[..., None, None, :] + around * np.asarray(scale, np.float32)[..., None, None, None]
    last = grey.shape[1] - 1
    at = np.rint(last - np.abs(last - np.abs(at))).astype(np.intp).clip(0, last)
    image = np.arange(len(grey)).reshape(-1, *[1] * (at.ndim - 2))
    return grey[image, at[..., 0], at[..., 1]]


def spectra(around: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Return Fourier coefficients along circles, normalised over the disc, complex64 (..., radii, angles / 2 + 1)."""
    weight = RADII[:, None] / (RADII.sum() * ANGLES)
    centred = around - (around * weight).sum(axis=(-1, -2), keepdims=True)
    size = np.sqrt((centred**2 * weight).sum(axis=(-1, -2), keepdims=True)) + 1
    return np.asarray(np.fft.rfft(centred / size * np.sqrt(weight), axis=-1), np.complex64)


def find_blobs(grey: NDArray[np.float32]) -> Blobs:
    """Find the darkest blobs of images (n, SIDE, SIDE) and describe what lies around them."""
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(grey, (0, 1, 1))
    place, there = zip(*(_darkest(grey, scale) for scale in SCALES), strict=True)
    shape = [_invariant(circles(smooth, at, scale)) for at, scale in zip(place, SCALES, strict=True)]
    return Blobs(np.stack(place, 1), np.stack(there, 1), np.stack(shape, 1))


def _darkest(grey: NDArray[np.float32], scale: float) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    from scipy.ndimage import gaussian_filter, maximum_filter

    half = grey.reshape(len(grey), SIDE // 2, 2, SIDE // 2, 2).mean(axis=(2, 4))
    ground = np.percentile(half, 90, axis=(1, 2), keepdims=True)
    dark = gaussian_filter(np.maximum(ground - half, 0), (0, _BLOB * scale, _BLOB * scale))
    peak = np.zeros(dark.shape, bool)
    peak[:, 3:-3, 3:-3] = (maximum_filter(dark, (1, 3, 3)) == dark)[:, 3:-3, 3:-3]
    height = np.where(peak, dark, 0).reshape(len(dark), -1)
    best = np.argsort(-height, axis=1, kind="stable")[:, :_POINTS]
    there = np.take_along_axis(height, best, 1) > 1
    y, x = np.divmod(best, SIDE // 2)
    y, x = y.clip(1, SIDE // 2 - 2), x.clip(1, SIDE // 2 - 2)
    n = np.arange(len(dark))[:, None]
    between = [_vertex(dark[n, y - 1, x], dark[n, y, x], dark[n, y + 1, x])]
    between.append(_vertex(dark[n, y, x - 1], dark[n, y, x], dark[n, y, x + 1]))
    place = np.stack([y, x], -1) + np.stack(between, -1)
    return (2 * place + 0.5).astype(np.float32), there


def _vertex(before: NDArray, at: NDArray, after: NDArray) -> NDArray:
    """Return where the parabola through three neighbours has its top, -0.5 to 0.5."""
    bend = np.minimum(before - 2 * at + after, -1e-6)
    return np.asarray((0.5 * (before - after) / bend).clip(-0.5, 0.5))


def _invariant(around: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return means of circles and sizes of their harmonics, which no turn or flip changes, float32 (..., d)."""
    waves = spectra(around)[..., :_HARMONICS]
    kept = np.concatenate([waves[..., :1].real, np.abs(waves[..., 1:])], axis=-1)
    return kept.reshape(*kept.shape[:-2], -1).astype(np.float32)


def find_candidates(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> Candidates:
    """Find for each image the ``NEIGHBOURS`` images with the most similar blob.

    Blobs are described by numbers in which small shifts, changes of scale and brightness weigh little and other
    cells much: linear discriminants learnt from changed views of some of the images. All blobs are compared, in
    blocks; time grows with the square of the number of images, memory with the number.

    Args:
        pixels: uint8 (M, H, W, 3).
        rows: int64 (m,), images to compare, none of which is blank.
    """
    blobs = _all_blobs(pixels, rows)
    axes = _discriminants(greys(pixels, rows[:: max(1, len(rows) // _SAMPLE)][:_SAMPLE]))
    shape = blobs.shape @ axes
    first, second = _nearest(shape, blobs.there)
    pair = np.unique(np.stack([first, second]), axis=1) if len(first) else np.empty((2, 0), np.int64)
    return _by_blob(blobs, shape, pair[0], pair[1])


def _all_blobs(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> Blobs:
    parts = [find_blobs(greys(pixels, rows[i : i + _BLOCK])) for i in range(0, max(1, len(rows)), _BLOCK)]
    return Blobs(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("place", "there", "shape")))


def _discriminants(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return axes (d, numbers) scaled by what changed views of one image vary along them."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(0)
    place, there = _darkest(grey, 1)
    base = _invariant(circles(gaussian_filter(grey, (0, 1, 1)), place))
    d = base.shape[-1]
    within = np.zeros((d, d))
    views = [gaussian_filter(np.minimum(grey * np.float32(light), 255), (0, 1, 1)) for light in (1, 1.15, 1.3)]
    for view in np.resize(np.arange(3), _TRIES):
        moved = (place + rng.normal(0, 0.8, place.shape)).astype(np.float32)
        change = (_invariant(circles(views[view], moved, rng.uniform(0.96, 1.04))) - base)[there]
        within += change.T @ change / max(1, _TRIES * len(change))
    within += (0.01 * np.trace(within) / d + 1e-9) * np.eye(d)
    size, axes = np.linalg.eigh(within)
    white = axes / np.sqrt(size)
    spread = base[there] - base[there].mean(axis=0) if there.any() else np.zeros((1, d))
    _, axes = np.linalg.eigh(white.T @ (spread.T @ spread) @ white)
    return np.asarray(white @ axes[:, ::-1][:, :_NUMBERS], np.float32)


def _nearest(shape: NDArray[np.float32], there: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    m, scales, points, d = shape.shape
    plain = shape[:, 0].reshape(m * points, d)
    size = np.where(there[:, 0].ravel(), np.einsum("nd,nd->n", plain, plain), np.inf)
    seen = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    step = max(1, _PRODUCTS // max(1, m * points * scales * points))
    for start in range(0, m, step):
        part = shape[start : start + step].reshape(-1, d)
        away = size - 2 * (part @ plain.T)
        away += np.where(there[start : start + step].ravel(), np.einsum("nd,nd->n", part, part), np.inf)[:, None]
        seen.append(_closest(away.reshape(-1, scales * points, m, points).min(axis=(1, 3)), start))
    first, second = (np.concatenate(side) for side in zip(*seen, strict=True))
    return first, second


def _closest(away: NDArray[np.float32], start: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of the images from ``start`` on and their neighbours; ``away`` (block, m) is overwritten."""
    here = np.arange(len(away))
    away[here, start + here] = np.inf
    most = min(NEIGHBOURS, away.shape[1] - 1)
    near = np.argpartition(away, most, axis=1)[:, :most] if most > 0 else np.empty((len(away), 0), np.int64)
    kept = np.isfinite(np.take_along_axis(away, near, 1))
    return np.repeat(start + here, most)[kept.ravel()], near[kept].astype(np.int64)


def _by_blob(blobs: Blobs, shape: NDArray[np.float32], a: NDArray[np.int64], b: NDArray[np.int64]) -> Candidates:
    parts = list(_blob_pairs(blobs, shape, a, b))
    return Candidates(a, b, *(np.concatenate([p[i] for p in parts]) for i in range(3)))


def _blob_pairs(
    blobs: Blobs, shape: NDArray[np.float32], a: NDArray[np.int64], b: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]]:
    for i in range(0, max(1, len(a)), _BLOCK):
        p, q = a[i : i + _BLOCK], b[i : i + _BLOCK]
        away = ((shape[p][:, :, :, None] - shape[q][:, None, None, 0]) ** 2).sum(axis=-1)
        away[~(blobs.there[p][..., None] & blobs.there[q][:, None, None, 0])] = np.inf
        best = away.reshape(len(p), -1).argmin(axis=1)
        scale, mine, theirs = np.unravel_index(best, away.shape[1:])
        n = np.arange(len(p))
        yield blobs.place[p[n], scale, mine], blobs.place[q, 0, theirs], np.array(SCALES, np.float32)[scale]
