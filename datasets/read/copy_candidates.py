"""Images that may be one picture cropped, moved or turned: those whose dark blobs look alike from every side."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.read.copy_blobs import ANGLES, SCALES, Blobs, discriminants, find_blobs, greys, invariant

CODE = Path(__file__).read_bytes()  # at import, for the keys of what is computed here
NEIGHBOURS = 5  # images that are laid over each one
_CLOSE = 8  # blobs that are looked up for each one, its own image's among them
_FAR = 9.0  # distance in standard deviations of changed views; of copies 99 in 100 are nearer than 8.2
_SLACK = 1.0  # a blob that is reported may be this share farther than one that is missed; exact is five times slower
_SAMPLE = 200  # images from which the description of blobs is learnt
_BLOCK = 512


@dataclass(frozen=True, eq=False)
class Candidates:
    """Hold pairs of images and the blob by which they resemble each other.

    Attributes:
        first: int64 (k,), and
        second: int64 (k,), positions of images; each pair once, in either order.
        at_first: float32 (k, 2), and
        at_second: float32 (k, 2), row and column of the blob in each.
        linear: float32 (k, 2, 2), turn, flip and scale that take the first image's blob to the second's.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    at_first: NDArray[np.float32]
    at_second: NDArray[np.float32]
    linear: NDArray[np.float32]

    def __getitem__(self, kept: slice) -> Candidates:
        return Candidates(*(getattr(self, field.name)[kept] for field in fields(self)))


@dataclass(frozen=True, eq=False)
class _Neighbours:
    """Name a blob of each first image at some scale, and the blob of a second one that is close to it; int64 (k,)."""

    first: NDArray[np.int64]
    scale: NDArray[np.int64]
    mine: NDArray[np.int64]
    second: NDArray[np.int64]
    theirs: NDArray[np.int64]

    def __getitem__(self, kept: NDArray[np.int64]) -> _Neighbours:
        return _Neighbours(*(getattr(self, field.name)[kept] for field in fields(self)))


def find_candidates(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> Candidates:
    """Find for each image the ``NEIGHBOURS`` images with the most similar blob, and how it is turned.

    Blobs are described by numbers in which small shifts, changes of scale and brightness weigh little and other
    cells much (``copy_blobs``) and looked up in one tree, so time grows less than with the square of the number of
    images, and memory with the number.

    Args:
        pixels: uint8 (M, H, W, 3).
        rows: int64 (m,), images to compare, none of which is blank.
    """
    blobs = _all_blobs(pixels, rows)
    axes = discriminants(greys(pixels, rows[:: max(1, len(rows) // _SAMPLE)][:_SAMPLE]))
    shape = np.concatenate([invariant(blobs.waves[i : i + _BLOCK]) @ axes for i in _starts(len(rows))])
    near = _nearest(shape, blobs.there)
    parts = [_turned(blobs, near[np.arange(i, min(i + _BLOCK, len(near.first)))]) for i in _starts(len(near.first))]
    return Candidates(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Candidates)))


def _starts(n: int) -> range:
    return range(0, max(1, n), _BLOCK)


def _all_blobs(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> Blobs:
    parts = [find_blobs(greys(pixels, rows[i : i + _BLOCK])) for i in _starts(len(rows))]
    return Blobs(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Blobs)))


def _nearest(shape: NDArray[np.float32], there: NDArray[np.bool_]) -> _Neighbours:
    """Look up the blobs (m, scales, points, d) of every scale among those of the first scale."""
    from scipy.spatial import cKDTree

    owner, point = np.nonzero(there[:, 0])
    image, scale, mine = np.nonzero(there)
    if not len(owner):
        return _Neighbours(*np.empty((5, 0), np.int64))
    tree = cKDTree(shape[owner, 0, point], balanced_tree=False)  # equal blobs would make a balanced one deep
    away, found = tree.query(shape[image, scale, mine], k=_CLOSE, eps=_SLACK, distance_upper_bound=_FAR)
    row, _ = hit = np.nonzero(np.isfinite(away))
    blob = found[hit]
    near = _Neighbours(image[row], scale[row], mine[row], owner[blob], point[blob])
    return _closest(near, away[hit])


def _closest(near: _Neighbours, away: NDArray[np.float64]) -> _Neighbours:
    """Return the ``NEIGHBOURS`` closest other images of each image, each by the closest pair of blobs."""
    near = near[np.lexsort([away, near.first])]
    pair = near.first * (near.second.max(initial=0) + 1) + near.second
    best = np.sort(np.unique(pair, return_index=True)[1])
    near = near[best[near.first[best] != near.second[best]]]
    rank = np.arange(len(near.first)) - np.searchsorted(near.first, near.first)
    return near[np.flatnonzero(rank < NEIGHBOURS)]


def _turned(blobs: Blobs, near: _Neighbours) -> Candidates:
    """Return the pairs with the turn, mirrored or not, after which circles around both blobs correlate most."""
    first = blobs.waves[near.first, near.scale, near.mine]
    second = blobs.waves[near.second, 0, near.theirs]
    plain = np.fft.irfft((first.conj() * second).sum(axis=-2), ANGLES)
    mirrored = np.fft.irfft((first * second).sum(axis=-2), ANGLES)
    both = np.concatenate([plain, mirrored], axis=-1)
    linear = _turns(both.argmax(axis=-1)) / np.array(SCALES, np.float32)[near.scale, None, None]
    at_first, at_second = blobs.place[near.first, near.scale, near.mine], blobs.place[near.second, 0, near.theirs]
    return Candidates(near.first, near.second, at_first, at_second, linear)


def _turns(best: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return matrices (k, 2, 2) of rotations by so many of ``ANGLES`` steps, mirrored ones after those."""
    angle, flip = best % ANGLES * (2 * np.pi / ANGLES), np.where(best < ANGLES, 1.0, -1.0)
    sin, cos = np.sin(angle), np.cos(angle)
    # rows and columns are sine and cosine: plain theta -> theta + angle, mirrored theta -> angle - theta
    matrix = np.stack([np.stack([flip * cos, sin], -1), np.stack([-flip * sin, cos], -1)], -2)
    return matrix.astype(np.float32)
