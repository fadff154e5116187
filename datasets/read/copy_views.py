"""Blurred views of pairs of images, and the similarities that lay one over the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CODE = Path(__file__).read_bytes()  # at import, for the keys of what is computed here
_TWIST = np.array([[0.0, -1.0], [1.0, 0.0]], np.float32)
_MOST = np.array([0.1, 0.15, 2, 2], np.float32)  # that scale, angle and shift change in a step


@dataclass(frozen=True, eq=False)
class Pose:
    """Map a place of first images to ``to + linear @ (place - origin)`` of the second ones.

    Attributes:
        origin: float32 (k, 2), row and column in pixels of the view, and
        to: float32 (k, 2), where it lies in the second image.
        linear: float32 (k, 2, 2).
    """

    origin: NDArray[np.float32]
    to: NDArray[np.float32]
    linear: NDArray[np.float32]

    def __getitem__(self, kept: NDArray[np.int64]) -> Pose:
        return Pose(self.origin[kept], self.to[kept], self.linear[kept])

    def resized(self, factor: float) -> Pose:
        """Return the same for images of so many times the side; whole numbers are the middles of pixels."""
        origin, to = ((at + 0.5) * np.float32(factor) - np.float32(0.5) for at in (self.origin, self.to))
        return Pose(origin, to, self.linear)

    def offset(self, places: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return places (points, 2) relative to ``to`` in the second images, float32 (k, points, 2)."""
        return np.asarray((places[None] - self.origin[:, None]) @ self.linear.transpose(0, 2, 1))

    def changed(self, change: NDArray[np.float32]) -> Pose:
        """Return the pose after a change of scale, angle and shift, float32 (k, 4)."""
        grown = change[:, 0, None, None] * self.linear + change[:, 1, None, None] * (_TWIST @ self.linear)
        return Pose(self.origin, self.to + change[:, 2:], self.linear + grown)


@dataclass(frozen=True, eq=False)
class Views:
    """Hold grey images of pairs, float32 (k, side, side), and 1 where one is overexposed."""

    a: NDArray[np.float32]
    b: NDArray[np.float32]
    white_a: NDArray[np.float32]
    white_b: NDArray[np.float32]

    def __getitem__(self, kept: NDArray[np.int64]) -> Views:
        return Views(self.a[kept], self.b[kept], self.white_a[kept], self.white_b[kept])


def agreement(views: Views, pose: Pose, *, step: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the correlation of values on every ``step``-th pixel, and which were compared, float32 (k, points)."""
    at = pose.offset(_places(views, step)) + pose.to[:, None]
    value, white = np.moveaxis(_sample(np.stack([views.b, views.white_b], axis=-1), at), -1, 0)
    used = _usable(views, at, white, step)
    return _correlation(_normal(_grid(views.a, step), used), _normal(value, used), used), used


def refined(views: Views, pose: Pose, *, step: int) -> tuple[NDArray[np.float32], Pose]:
    """Return how values correlate on every ``step``-th pixel, and the pose after one Gauss-Newton step."""
    moved = pose.offset(_places(views, step))
    at = moved + pose.to[:, None]
    maps = np.stack([views.b, *np.gradient(views.b, axis=(1, 2)), views.white_b], axis=-1)
    seen = _sample(maps, at)
    value, slope, used = seen[..., 0], seen[..., 1:3], _usable(views, at, seen[..., 3], step)
    first, second = _normal(_grid(views.a, step), used), _normal(value, used)
    along = [(slope * moved).sum(axis=-1), (slope * (moved @ _TWIST.T)).sum(axis=-1), slope[..., 0], slope[..., 1]]
    change = _solved(np.stack(along, axis=-1) / _moments(value, used)[1][..., None], first - second, used)
    return _correlation(first, second, used), pose.changed(change)


def inside(at: NDArray[np.float32], side: int) -> NDArray[np.bool_]:
    """Return which places lie in the round part of a picture that no turn takes out of it."""
    middle = (side - 1) / 2
    return np.asarray(((at - np.float32(middle)) ** 2).sum(axis=-1) <= (middle - 1) ** 2)


def places(side: int, step: int) -> NDArray[np.float32]:
    """Return row and column of every ``step``-th pixel, float32 (points, 2)."""
    return np.moveaxis(np.mgrid[:side:step, :side:step], 0, -1).reshape(-1, 2).astype(np.float32)


def _places(views: Views, step: int) -> NDArray[np.float32]:
    return places(views.a.shape[1], step)


def _correlation(first: NDArray, second: NDArray, used: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.einsum("kp,kp,kp->k", first, second, used) / used.sum(axis=1).clip(1), np.float32)


def _solved(along: NDArray, error: NDArray, used: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return scale, angle and shift (k, 4) that lower the error most, none of them by much at once."""
    mean = (along * used[..., None]).sum(axis=1, keepdims=True) / used.sum(axis=1)[:, None, None].clip(1)
    centred = (along - mean) * used[..., None]
    normal = centred.transpose(0, 2, 1) @ centred + 1e-3 * np.eye(4, dtype=np.float32)
    change = np.linalg.solve(normal, centred.transpose(0, 2, 1) @ (error * used)[..., None])[..., 0]
    return np.asarray(change.clip(-_MOST, _MOST), np.float32)


def _usable(views: Views, at: NDArray, white: NDArray, step: int) -> NDArray[np.float32]:
    """Return 1 where both images show something that is not overexposed, else 0, float32 (k, points)."""
    side = views.a.shape[1]
    both = inside(at, side) & inside(places(side, step), side)
    return (both & (_grid(views.white_a, step) + white == 0)).astype(np.float32)


def _grid(image: NDArray, step: int) -> NDArray:
    grid = image[:, ::step, ::step]
    return grid.reshape(len(grid), grid.shape[1] * grid.shape[2])


def _sample(maps: NDArray[np.float32], at: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values of maps (k, side, side, c) between pixels, bilinear, float32 (k, points, c)."""
    side = maps.shape[1]
    at = at.clip(0, side - 1.001)
    whole = at.astype(np.intp)
    (fy, fx), n = np.moveaxis(at - whole, -1, 0).astype(np.float32)[..., None], np.arange(len(maps))[:, None]
    flat, start = maps.reshape(-1, maps.shape[-1]), (n * side + whole[..., 0]) * side + whole[..., 1]
    top = flat[start] * (1 - fx) + flat[start + 1] * fx
    low = flat[start + side] * (1 - fx) + flat[start + side + 1] * fx
    return np.asarray(top * (1 - fy) + low * fy)


def _moments(x: NDArray, used: NDArray) -> tuple[NDArray, NDArray]:
    """Return mean and standard deviation of the used values, (k, 1) each."""
    total = used.sum(axis=1, keepdims=True).clip(1)
    mean = np.einsum("kp,kp->k", x, used)[:, None] / total
    return mean, np.sqrt(np.einsum("kp,kp->k", (x - mean) ** 2, used)[:, None] / total) + np.float32(1e-3)


def _normal(x: NDArray, used: NDArray) -> NDArray:
    mean, spread = _moments(x, used)
    return np.asarray((x - mean) / spread)
