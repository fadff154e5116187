"""Lay one image over another, turned, mirrored, moved and scaled as fits best, and say how well it fits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.read.copy_blobs import SIDE, greys
from datasets.read.copy_candidates import Candidates
from datasets.read.copy_views import Pose, Views, agreement, inside, places, refined

CODE = Path(__file__).read_bytes()  # at import, for the keys of what is computed here
GREY, DETAIL = 0.98, 0.94  # correlations; other small round lymphocytes reach .993 and .925, never both bounds
CLOSE_GREY, BLURRED_DETAIL = 0.997, 0.85  # a resampled copy loses detail, but its greys fit closer than other cells' do
LITTLE = 0.3  # share of pixels: a bright copy shows but its nucleus
LEAST, SEEN = 0.12, 0.4  # shares of pixels that are compared, and that lie in both pictures
_FINE, _WIDE = 1.0, 3.0  # blurs in pixels; what the wide one removes is detail
# Correlations of greys that a pair must reach before each step. Of copies 99 in 100 reach .78, .94 and .99 on small
# images, then .986; one in eight other pairs passes the first three, and of those that come so far one in ten the next.
_COARSE_STEPS = (0.5, 0.85, 0.93, 0.96, 0.96)
_FINE_STEPS = (0.96, 0.975, 0.975, 0.975, 0.975)
_WHITE = 250.0  # grey level from which a pixel counts as overexposed
_BLOCK = 256


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
class _Small:
    """Hold images at half the side, float32 (m, SIDE / 2, SIDE / 2), and 1 where they are overexposed."""

    grey: NDArray[np.float32]
    white: NDArray[np.float32]

    def views(self, pairs: Candidates) -> Views:
        a, b = pairs.first, pairs.second
        return Views(self.grey[a], self.grey[b], self.white[a], self.white[b])


def align(pixels: NDArray[np.uint8], rows: NDArray[np.int64], pairs: Candidates) -> Fit:
    """Fit the second image of each pair to the first by a similarity, starting from the blob they share.

    Gauss-Newton steps on grey values: first on small images, where most pairs are given up after one or two, then on
    the whole ones.

    Args:
        pixels: uint8 (M, H, W, 3).
        rows: int64 (m,), the images that ``pairs`` counts.
        pairs: Pairs and where they resemble each other.
    """
    fits = np.zeros((4, len(pairs.first)), np.float32)
    small = _small(pixels, rows)
    parts = [_promising(small, pairs, start) for start in range(0, max(1, len(pairs.first)), _BLOCK)]
    kept = np.concatenate([part for part, _ in parts])
    pose = Pose(*(np.concatenate([getattr(p, name) for _, p in parts]) for name in ("origin", "to", "linear")))
    for start in range(0, len(kept), _BLOCK):
        part = np.arange(start, min(start + _BLOCK, len(kept)))
        a, b = (greys(pixels, rows[side[kept[part]]]) for side in (pairs.first, pairs.second))
        good, views, fine = _followed(_views(a, b), pose[part], _FINE_STEPS)
        fits[:, kept[part[good]]] = _judged(views, fine)
    return Fit(*fits)


def _small(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> _Small:
    half = SIDE // 2
    grey = np.empty((len(rows), half, half), np.float32)
    white = np.empty_like(grey)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        quarters = greys(pixels, rows[part]).reshape(-1, half, 2, half, 2)
        grey[part] = _blur(quarters.mean(axis=(2, 4)), 1)
        white[part] = quarters.max(axis=(2, 4)) >= _WHITE
    return _Small(grey, white)


def _promising(small: _Small, pairs: Candidates, start: int) -> tuple[NDArray[np.int64], Pose]:
    """Return which pairs from ``start`` on may be one picture, and how they lie on one another."""
    pairs = pairs[start : start + _BLOCK]
    pose = Pose(pairs.at_first, pairs.at_second, pairs.linear).resized(0.5)
    kept, _, pose = _followed(small.views(pairs), pose, _COARSE_STEPS)
    return start + kept, pose.resized(2)


def _followed(views: Views, pose: Pose, steps: tuple[float, ...]) -> tuple[NDArray[np.int64], Views, Pose]:
    """Return the pairs that correlate as much as each step asks for, and how they lie on one another after all."""
    kept = np.arange(len(views.a))
    for least in steps:
        grey, pose = refined(views, pose, step=2)
        good = np.flatnonzero(grey >= least)
        views, pose, kept = views[good], pose[good], kept[good]
    return kept, views, pose


def _views(a: NDArray[np.float32], b: NDArray[np.float32]) -> Views:
    white = ((_blur(x >= _WHITE, 1) > 0.1).astype(np.float32) for x in (a, b))
    return Views(_blur(a, _FINE), _blur(b, _FINE), *white)


def _judged(views: Views, pose: Pose) -> NDArray[np.float32]:
    grey, used = agreement(views, pose, step=1)
    blurred = Views(views.a - _blur(views.a, _WIDE), views.b - _blur(views.b, _WIDE), views.white_a, views.white_b)
    detail, _ = agreement(blurred, pose, step=1)
    whole = places(SIDE, 1)
    seen = (inside(pose.offset(whole) + pose.to[:, None], SIDE) & inside(whole, SIDE)).mean(axis=1)
    return np.stack([grey, detail, used.mean(axis=1), seen])


def _blur(grey: NDArray, size: float) -> NDArray[np.float32]:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(grey.astype(np.float32), (0, size, size)), np.float32)
