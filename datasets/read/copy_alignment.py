"""Lay one image over another, turned, mirrored, moved and scaled as fits best, and say how well it fits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.read.copy_candidates import ANGLES, SIDE, Candidates, circles, greys, spectra

CODE = Path(__file__).read_bytes()  # at import, for the keys of what is computed here
GREY, DETAIL = 0.98, 0.94  # correlations; other small round lymphocytes reach .993 and .925, never both bounds
CLOSE_GREY, BLURRED_DETAIL = 0.997, 0.85  # a resampled copy loses detail, but its greys fit closer than other cells' do
LITTLE = 0.3  # share of pixels: a bright copy shows but its nucleus
LEAST, SEEN = 0.12, 0.4  # shares of pixels that are compared, and that lie in both pictures
_COARSE, _FINE, _WIDE = 2.0, 1.0, 3.0  # blurs in pixels; what the wide one removes is detail
_STEPS = 5
_RESEMBLING = 0.6  # correlation of circles around the blob; copies reach .8
_PROMISING = 0.9  # correlation of greys after the coarse steps
_WHITE = 250.0  # grey level from which a pixel counts as overexposed
_BLOCK = 256
_TWIST = np.array([[0.0, -1.0], [1.0, 0.0]], np.float32)


@dataclass(frozen=True, eq=False)
class Fit:
    """Say how well pairs of images lie on one another; all nought for a pair that is given up early.

    Attributes:
        grey: float32 (k,), correlation of grey values where both are there and not overexposed.
        detail: float32 (k,), the same of what a blur of three pixels removes.
        used: float32 (k,), share of the first image that is compared.
        seen: float32 (k,), share of the first image that lies in the second, overexposed or not.
    """

    grey: NDArray[np.float32]
    detail: NDArray[np.float32]
    used: NDArray[np.float32]
    seen: NDArray[np.float32]

    @property
    def same(self) -> NDArray[np.bool_]:
        """Return which pairs are one picture, bool (k,)."""
        sharp = (self.grey >= GREY) & (self.detail >= DETAIL)
        blurred = (self.grey >= CLOSE_GREY) & (self.detail >= BLURRED_DETAIL) & (self.used >= LITTLE)
        return (self.seen >= SEEN) & (self.used >= LEAST) & (sharp | blurred)


@dataclass(frozen=True, eq=False)
class _Pose:
    """Map a place of first images to ``to + linear @ (place - origin)`` of the second ones."""

    origin: NDArray[np.float32]
    to: NDArray[np.float32]
    linear: NDArray[np.float32]

    def __getitem__(self, kept: NDArray[np.int64]) -> _Pose:
        return _Pose(self.origin[kept], self.to[kept], self.linear[kept])

    def offset(self, step: int) -> NDArray[np.float32]:
        """Return every ``step``-th pixel relative to the second's place ``to``, float32 (k, points, 2)."""
        return np.asarray((_places(step)[None] - self.origin[:, None]) @ self.linear.transpose(0, 2, 1))


@dataclass(frozen=True, eq=False)
class _Views:
    """Hold blurred images of pairs, and 1 where one is overexposed."""

    a: NDArray[np.float32]
    b: NDArray[np.float32]
    white_a: NDArray[np.float32]
    white_b: NDArray[np.float32]

    @classmethod
    def of(cls, a: NDArray, b: NDArray, blur: float) -> _Views:
        white = ((_blur(x >= _WHITE, 1) > 0.1).astype(np.float32) for x in (a, b))
        return cls(_blur(a, blur), _blur(b, blur), *white)

    def detail(self) -> _Views:
        return _Views(self.a - _blur(self.a, _WIDE), self.b - _blur(self.b, _WIDE), self.white_a, self.white_b)


def align(pixels: NDArray[np.uint8], rows: NDArray[np.int64], pairs: Candidates) -> Fit:
    """Fit the second image of each pair to the first by a similarity, starting from the blob they share.

    Angle and mirroring come from circles around the blob, the rest from Gauss-Newton steps on grey values.

    Args:
        pixels: uint8 (M, H, W, 3).
        rows: int64 (m,), the images that ``pairs`` counts.
        pairs: Pairs and where they resemble each other.
    """
    fits = np.zeros((4, len(pairs.first)), np.float32)
    for start in range(0, len(pairs.first), _BLOCK):
        part = slice(start, start + _BLOCK)
        a, b = (greys(pixels, rows[side[part]]) for side in (pairs.first, pairs.second))
        linear, likeness = _turned(a, b, pairs.at_first[part], pairs.at_second[part], pairs.scale[part])
        pose = _Pose(pairs.at_first[part], pairs.at_second[part], linear / pairs.scale[part, None, None])
        kept = np.flatnonzero(likeness >= _RESEMBLING)
        if len(kept):
            fits[:, start + kept] = _fit(a[kept], b[kept], pose[kept])
    return Fit(*fits)


def _fit(a: NDArray, b: NDArray, pose: _Pose) -> NDArray[np.float32]:
    coarse = _Views.of(a, b, _COARSE)
    pose = _refined(coarse, pose, step=4)
    grey, _ = _agreement(coarse, pose, step=4)
    kept = np.flatnonzero(grey >= _PROMISING)
    fits = np.zeros((4, len(a)), np.float32)
    if len(kept):
        fits[:, kept] = _fine_fit(_Views.of(a[kept], b[kept], _FINE), pose[kept])
    return fits


def _fine_fit(views: _Views, pose: _Pose) -> NDArray[np.float32]:
    pose = _refined(views, pose, step=2)
    grey, used = _agreement(views, pose, step=1)
    detail, _ = _agreement(views.detail(), pose, step=1)
    seen = (_inside(pose.offset(1) + pose.to[:, None]) & _inside(_places(1))).mean(axis=1)
    return np.stack([grey, detail, used.mean(axis=1), seen])


def _agreement(views: _Views, pose: _Pose, *, step: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the correlation of values, and which pixels were compared, float32 (k, points)."""
    at = pose.offset(step) + pose.to[:, None]
    used = _usable(views, at, step)
    first, second = _normal(_grid(views.a, step), used), _normal(_sample(views.b, at), used)
    return (first * second * used).sum(axis=1) / used.sum(axis=1).clip(1), used


def _blur(grey: NDArray, size: float) -> NDArray[np.float32]:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(grey.astype(np.float32), (0, size, size)), np.float32)


def _turned(
    a: NDArray, b: NDArray, at_a: NDArray, at_b: NDArray, scale: NDArray
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the turn, mirrored or not, after which circles around both blobs correlate most, and how much."""
    first = spectra(circles(_blur(a, 1), at_a, scale))
    second = spectra(circles(_blur(b, 1), at_b))
    plain = np.fft.irfft((first.conj() * second).sum(axis=-2), ANGLES)
    mirrored = np.fft.irfft((first * second).sum(axis=-2), ANGLES)
    both = np.concatenate([plain, mirrored], axis=-1)
    best = both.argmax(axis=-1)
    angle, flip = best % ANGLES * (2 * np.pi / ANGLES), np.where(best < ANGLES, 1.0, -1.0)
    sin, cos = np.sin(angle), np.cos(angle)
    # rows and columns are sine and cosine: plain theta -> theta + angle, mirrored theta -> angle - theta
    matrix = np.stack([np.stack([flip * cos, sin], -1), np.stack([-flip * sin, cos], -1)], -2)
    return matrix.astype(np.float32), both.max(axis=-1)


def _refined(views: _Views, pose: _Pose, *, step: int) -> _Pose:
    """Return the pose after some Gauss-Newton steps on every ``step``-th pixel."""
    slopes = [np.asarray(np.gradient(views.b, axis=axis)) for axis in (1, 2)]
    for _ in range(_STEPS):
        moved = pose.offset(step)
        at = moved + pose.to[:, None]
        used = _usable(views, at, step)
        value, slope = _sample(views.b, at), np.stack([_sample(g, at) for g in slopes], axis=-1)
        error = _normal(_grid(views.a, step), used) - _normal(value, used)
        along = [(slope * moved).sum(axis=-1), (slope * (moved @ _TWIST.T)).sum(axis=-1), slope[..., 0], slope[..., 1]]
        change = _solved(np.stack(along, axis=-1) / _moments(value, used)[1][..., None], error, used)
        grown = change[:, 0, None, None] * pose.linear + change[:, 1, None, None] * (_TWIST @ pose.linear)
        pose = _Pose(pose.origin, pose.to + change[:, 2:], pose.linear + grown)
    return pose


def _solved(along: NDArray, error: NDArray, used: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return scale, angle and shift (k, 4) that lower the error most, none of them by much at once."""
    mean = (along * used[..., None]).sum(axis=1, keepdims=True) / used.sum(axis=1)[:, None, None].clip(1)
    centred = (along - mean) * used[..., None]
    normal = centred.transpose(0, 2, 1) @ centred + 1e-3 * np.eye(4, dtype=np.float32)
    change = np.linalg.solve(normal, centred.transpose(0, 2, 1) @ (error * used)[..., None])[..., 0]
    most = np.array([0.1, 0.15, 2, 2], np.float32)
    return np.asarray(change.clip(-most, most), np.float32)


def _usable(views: _Views, at: NDArray, step: int) -> NDArray[np.float32]:
    """Return 1 where both images show something that is not overexposed, else 0, float32 (k, points)."""
    white = _grid(views.white_a, step) + _sample(views.white_b, at)
    both = _inside(at) & _inside(_places(step))
    return (both & (white == 0)).astype(np.float32)


def _inside(at: NDArray) -> NDArray[np.bool_]:
    """Return which places lie in the round part of a picture that no turn takes out of it."""
    middle = (SIDE - 1) / 2
    return np.asarray(((at - middle) ** 2).sum(axis=-1) <= (middle - 1) ** 2)


def _places(step: int) -> NDArray[np.float32]:
    return np.moveaxis(np.mgrid[:SIDE:step, :SIDE:step], 0, -1).reshape(-1, 2).astype(np.float32)


def _grid(image: NDArray, step: int) -> NDArray:
    return image[:, ::step, ::step].reshape(len(image), -1)


def _sample(image: NDArray, at: NDArray) -> NDArray[np.float32]:
    """Return values between pixels, bilinear, float32 (n, points)."""
    at = at.clip(0, SIDE - 1.001)
    whole = at.astype(np.intp)
    (fy, fx), n = np.moveaxis(at - whole, -1, 0).astype(np.float32), np.arange(len(image))[:, None]
    flat, start = image.reshape(-1), (n * SIDE + whole[..., 0]) * SIDE + whole[..., 1]
    top = flat[start] * (1 - fx) + flat[start + 1] * fx
    low = flat[start + SIDE] * (1 - fx) + flat[start + SIDE + 1] * fx
    return np.asarray(top * (1 - fy) + low * fy)


def _moments(x: NDArray, used: NDArray) -> tuple[NDArray, NDArray]:
    """Return mean and standard deviation of the used values, (k, 1) each."""
    total = used.sum(axis=1, keepdims=True).clip(1)
    mean = (x * used).sum(axis=1, keepdims=True) / total
    return mean, np.sqrt(((x - mean) ** 2 * used).sum(axis=1, keepdims=True) / total) + np.float32(1e-3)


def _normal(x: NDArray, used: NDArray) -> NDArray:
    mean, spread = _moments(x, used)
    return np.asarray((x - mean) / spread)
