"""The dark blobs of images, and what lies around each, described so that no turn or flip changes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CODE = Path(__file__).read_bytes()  # at import, for the keys of what is computed here
SIDE = 64  # pixels of the grey images that are compared
SCALES = (1.0, 1.07, 1.15)  # by which one picture may be larger; a crop of 15 % makes it 1.18 times as large
ANGLES = 32
RADII = np.arange(1.5, 14, 1.5, dtype=np.float32)  # pixels
_POINTS = 3  # blobs of an image
_BLOB = 2.5  # standard deviation of the blur that finds them, in pixels of half the side
_HARMONICS = 7  # of the circles around a blob; higher ones are lost by compression
_NUMBERS = 32  # that describe a blob
_TRIES = 8  # changed views of an image from which the description is learnt
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, eq=False)
class Blobs:
    """Hold the dark blobs of images, found once for each of ``SCALES``.

    Attributes:
        place: float32 (m, scales, points, 2), row and column in pixels of the grey image.
        there: bool (m, scales, points).
        waves: complex64 (m, scales, points, radii, harmonics), Fourier coefficients along circles around each.
    """

    place: NDArray[np.float32]
    there: NDArray[np.bool_]
    waves: NDArray[np.complex64]


def greys(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return grey images, float32 (n, SIDE, SIDE), 0 to 255."""
    down, across = _resampling(pixels.shape[1]), _resampling(pixels.shape[2])
    return np.asarray(down @ (pixels[rows].astype(np.float32) @ _GREY) @ across.T)


def _resampling(n: int) -> NDArray[np.float32]:
    """Return the matrix that resamples n pixels to ``SIDE``, float32 (SIDE, n)."""
    each = Image.fromarray(np.eye(n, dtype=np.float32))
    return np.asarray(each.resize((n, SIDE), Image.Resampling.BILINEAR), np.float32)


def find_blobs(grey: NDArray[np.float32]) -> Blobs:
    """Find the darkest blobs of images (n, SIDE, SIDE) and describe what lies around them."""
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(grey, (0, 1, 1))
    place, there = zip(*(_darkest(grey, scale) for scale in SCALES), strict=True)
    waves = [_spectra(_circles(smooth, at, scale)) for at, scale in zip(place, SCALES, strict=True)]
    return Blobs(np.stack(place, 1), np.stack(there, 1), np.stack(waves, 1))


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


def _circles(
    grey: NDArray[np.float32], place: NDArray[np.float32], scale: NDArray | float = 1.0
) -> NDArray[np.float32]:
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
    at = place[..., None, None, :] + around * np.float32(scale)
    last = grey.shape[1] - 1
    at = np.rint(last - np.abs(last - np.abs(at))).astype(np.intp).clip(0, last)
    image = np.arange(len(grey)).reshape(-1, *[1] * (at.ndim - 2))
    return grey[image, at[..., 0], at[..., 1]]


def _spectra(around: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Return Fourier coefficients along circles, normalised over the disc, complex64 (..., radii, harmonics)."""
    weight = RADII[:, None] / (RADII.sum() * ANGLES)
    centred = around - (around * weight).sum(axis=(-1, -2), keepdims=True)
    size = np.sqrt((centred**2 * weight).sum(axis=(-1, -2), keepdims=True)) + 1
    waves = np.fft.rfft(centred / size * np.sqrt(weight), axis=-1)[..., :_HARMONICS]
    return np.asarray(waves, np.complex64)


def invariant(waves: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Return means of circles and sizes of their harmonics, which no turn or flip changes, float32 (..., d)."""
    kept = np.concatenate([waves[..., :1].real, np.abs(waves[..., 1:])], axis=-1)
    return kept.reshape(*kept.shape[:-2], -1).astype(np.float32)


def discriminants(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Learn axes in which changed views of an image vary by one and other images by much, float32 (d, numbers).

    Linear discriminants of ``invariant``: small shifts, changes of scale and brightness weigh little.
    """
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(0)
    place, there = _darkest(grey, 1)
    base = invariant(_spectra(_circles(gaussian_filter(grey, (0, 1, 1)), place)))
    d = base.shape[-1]
    within = np.zeros((d, d))
    views = [gaussian_filter(np.minimum(grey * np.float32(light), 255), (0, 1, 1)) for light in (1, 1.15, 1.3)]
    for view in np.resize(np.arange(3), _TRIES):
        moved = (place + rng.normal(0, 0.8, place.shape)).astype(np.float32)
        change = (invariant(_spectra(_circles(views[view], moved, rng.uniform(0.96, 1.04)))) - base)[there]
        within += change.T @ change / max(1, _TRIES * len(change))
    within += (0.01 * np.trace(within) / d + 1e-9) * np.eye(d)
    size, axes = np.linalg.eigh(within)
    white = axes / np.sqrt(size)
    spread = base[there] - base[there].mean(axis=0) if there.any() else np.zeros((1, d))
    _, axes = np.linalg.eigh(white.T @ (spread.T @ spread) @ white)
    return np.asarray(white @ axes[:, ::-1][:, :_NUMBERS], np.float32)
