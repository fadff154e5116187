"""Images that are the same picture: byte for byte, re-encoded, brightened, flipped, turned, cropped or moved."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from datasets.cache import cached_arrays
from datasets.cohort import ImageBags
from datasets.read.copy_alignment import CODE as copy_alignment
from datasets.read.copy_alignment import align
from datasets.read.copy_blobs import CODE as copy_blobs
from datasets.read.copy_candidates import CODE as copy_candidates
from datasets.read.copy_candidates import find_candidates
from datasets.read.copy_views import CODE as copy_views

SIMILAR = 0.98  # correlation of greys; re-encoded copies reach .99, other cells .95 unless they lie on bare ground
SAME_DETAIL = 0.65  # and of their Laplacians; re-encoded copies reach .84, round cells on bare ground .51
_FREQUENCIES = 16  # the DCT that is compared; as much as an image of 16 x 16 pixels
_FINE = 32  # the DCT that confirms
_COARSE = 8  # the part of it that is searched
_FLAT = 0.5  # standard deviation in grey levels below which a picture shows nothing that could be compared
_BLOCK = 1024
_PRODUCTS = 2**25  # that are in memory at once, 128 MiB
_GREY = np.array([0.299, 0.587, 0.114], np.float32)
# At import: what a later edit makes of the files is not the code that runs.
_CODE = Path(__file__).read_bytes() + copy_blobs + copy_candidates + copy_views + copy_alignment


@dataclass(frozen=True, eq=False)
class Copies:
    """Hold what images share, by position in ``ImageBags.all_rows()``.

    Attributes:
        identical: int64 (m,), position of the first image with the same bytes; its own where there is none before.
        first: int64 (k,), and
        second: int64 (k,), ``first < second``: pairs that look alike; of identical images the first stands for all.
        turned: bool (k,), whether the second must be flipped or turned by 90 degrees to look like the first.
        moved: bool (k,), whether one must be laid over the other: cropped, shifted, turned by any angle, overexposed.
    """

    identical: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    turned: NDArray[np.bool_]
    moved: NDArray[np.bool_]

    def image_groups(self) -> NDArray[np.int64]:
        """Return a group of each image, int64 (m,): connected by copies of any kind."""
        here = np.arange(len(self.identical))
        return _connected(len(here), np.r_[here, self.first], np.r_[self.identical, self.second])


_FOUND: WeakKeyDictionary[ImageBags, Copies] = WeakKeyDictionary()  # several rules ask for the same images


def find_copies(images: ImageBags) -> Copies:
    """Find identical images and pairs of look-alikes among the images of a view; cached by content.

    Two images look alike when the low frequencies of their grey values (a discrete cosine transform without its mean)
    correlate by ``SIMILAR`` or more in one of the eight orientations of a square, and their Laplacians by
    ``SAME_DETAIL``: all round cells on bare ground are alike but for detail. Mean and contrast do not count.
    The search misses no such pair: it compares 64 numbers that no orientation changes and that bound the
    correlation from above, then checks every hit on 255 frequencies, then on 1,023.

    Pictures that were cropped, shifted or turned a little are looked for among the nearest neighbours of each image
    (``copy_candidates``) and laid over one another (``copy_alignment``): most are found, not all.

    Differs from the usual DCT hash in: real numbers instead of their signs, which agree between cells that are centred.
    """
    if images not in _FOUND:
        _FOUND[images] = _cached(images.pixels, images.all_rows())
    return _FOUND[images]


def _cached(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> Copies:
    digests = _digests(pixels, rows)
    key = hashlib.sha256(_CODE + repr((np.__version__, pixels.shape[1:])).encode() + digests.tobytes())
    found = cached_arrays(f"copies-{key.hexdigest()[:32]}", lambda: _search(pixels, rows, digests))
    return Copies(**{name: np.asarray(array) for name, array in found.items()})


def groups(images: ImageBags) -> NDArray[np.int64]:
    """Return a group of each specimen, int64 (n,): specimens connected by copies of images share one.

    A split of images instead of patients must keep a group in one role.
    """
    group = find_copies(images).image_groups()
    owner = np.repeat(np.arange(len(images)), images.sizes)
    n = len(images)
    return _connected(n + len(owner), owner, n + group)[:n]


def _connected(n: int, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(a), bool), (a, b)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _digests(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.void]:
    joined = b"".join(hashlib.sha256(np.ascontiguousarray(pixels[row]).data).digest()[:16] for row in rows)
    return np.frombuffer(joined, "V16")


def _search(pixels: NDArray[np.uint8], rows: NDArray[np.int64], digests: NDArray[np.void]) -> dict[str, NDArray]:
    _, leader, member = np.unique(digests, return_index=True, return_inverse=True)
    spectra, clear = _spectra(pixels, rows[np.sort(leader)])
    seen = np.sort(leader)[clear]
    first, second = _candidates(_signatures(spectra))
    alike = [np.empty((8, 0), bool)]
    for part in _blocks(len(first), 16 * _BLOCK):
        a, b = first[part], second[part]
        match = _correlations(spectra[a], spectra[b]) >= SIMILAR
        hit = np.flatnonzero(match.any(axis=0))
        match[:, hit] &= _same_detail(pixels, rows[seen[a[hit]]], rows[seen[b[hit]]])
        alike.append(match)
    orientations = np.concatenate(alike, axis=1)
    best = orientations.any(axis=0)
    square = np.stack([first[best], second[best]])
    moved = _moved(pixels, rows[seen], square)
    pair = seen[np.concatenate([square, moved], axis=1)]
    turned = np.r_[~orientations[0, best], np.zeros(moved.shape[1], bool)]
    kinds = {"turned": turned, "moved": np.arange(pair.shape[1]) >= square.shape[1]}
    return {"identical": leader[member].astype(np.int64), "first": pair[0], "second": pair[1], **kinds}


def _moved(pixels: NDArray[np.uint8], rows: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return pairs of images that can be laid over one another, int64 (2, k), without those known (2, known)."""
    if len(rows) < 2:
        return np.empty((2, 0), np.int64)
    candidates = find_candidates(pixels, rows)
    same = align(pixels, rows, candidates).same
    pair = np.sort(np.stack([candidates.first, candidates.second])[:, same], axis=0)
    code, old = np.unique(pair[0] * len(rows) + pair[1]), known[0] * len(rows) + known[1]
    return np.stack(np.divmod(np.setdiff1d(code, old), len(rows)))


def _blocks(n: int, step: int) -> list[slice]:
    return [slice(start, start + step) for start in range(0, n, step)]


def _spectra(
    pixels: NDArray[np.uint8], rows: NDArray[np.int64], size: int = _FREQUENCIES
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return unit-length DCTs of grey images, float32 (kept, size, size), and which were kept: not the flat ones."""
    height, width = pixels.shape[1:3]
    down, across = _cosines(height, size), _cosines(width, size)
    blocks = [
        down @ (pixels[rows[i : i + _BLOCK]].astype(np.float32) @ _GREY) @ across.T for i in range(0, len(rows), _BLOCK)
    ]
    spectra = np.concatenate([np.empty((0, len(down), len(across)), np.float32), *blocks])
    spectra[:, 0, 0] = 0
    length = np.sqrt(np.einsum("nuv,nuv->n", spectra, spectra))
    clear = length > _FLAT * np.sqrt(height * width)
    return spectra[clear] / length[clear, None, None], clear


def _cosines(n: int, size: int) -> NDArray[np.float32]:
    """Return the first rows of the orthonormal DCT-II of length n, float32 (size, n); zero rows beyond n."""
    wave = np.cos(np.pi * np.arange(size)[:, None] * (2 * np.arange(n) + 1) / (2 * n)) * np.sqrt(2 / n)
    wave[0] /= np.sqrt(2)
    wave[n:] = 0
    return wave.astype(np.float32)


def _signatures(spectra: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 64 numbers of unit length that no flip or turn changes, float32 (m, 64).

    A flip changes signs and a turn swaps rows and columns: sizes, larger of a mirrored pair first, stay. The last
    number is what was left out. The product of two signatures is never below the best correlation.
    """
    size = np.abs(spectra[:, :_COARSE, :_COARSE])
    u, v = np.triu_indices(_COARSE, 1)
    both = size[:, u, v], size[:, v, u]
    diagonal = size[:, range(1, _COARSE), range(1, _COARSE)]
    kept = np.concatenate([np.maximum(*both), np.minimum(*both), diagonal], axis=1)
    rest = np.sqrt(np.maximum(0, 1 - np.einsum("nk,nk->n", kept, kept)))
    return np.concatenate([kept, rest[:, None]], axis=1)


def _candidates(signatures: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first, second = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    step = max(1, min(_BLOCK, _PRODUCTS // max(1, len(signatures))))
    for start in range(0, len(signatures), step):
        alike = signatures[start : start + step] @ signatures[start:].T >= SIMILAR - 1e-4  # a margin for rounding
        a, b = np.divmod(np.flatnonzero(alike), alike.shape[1])
        first.append(a[a < b] + start)
        second.append(b[a < b] + start)
    return np.concatenate(first), np.concatenate(second)


def _same_detail(pixels: NDArray[np.uint8], a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return in which orientations the Laplacians of images correlate, bool (8, pairs)."""
    rows, place = np.unique(np.concatenate([a, b]), return_inverse=True)
    steps = np.arange(_FINE, dtype=np.float32) ** 2
    spectra = _spectra(pixels, rows, _FINE)[0] * (steps + steps[:, None])
    spectra /= np.sqrt(np.einsum("nuv,nuv->n", spectra, spectra))[:, None, None]
    match = [np.empty((8, 0), bool)]
    for part in _blocks(len(a), _BLOCK):
        match.append(_correlations(spectra[place[: len(a)][part]], spectra[place[len(a) :][part]]) >= SAME_DETAIL)
    return np.concatenate(match, axis=1)


def _correlations(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the correlation of pairs in the eight orientations of the second, float32 (8, pairs); first: upright."""
    sign = (-1.0) ** np.arange(a.shape[1], dtype=np.float32)
    ones = np.ones_like(sign)
    flips = np.stack([np.outer(v, h).ravel() for v in (ones, sign) for h in (ones, sign)])
    straight, turned = (a * b).reshape(len(a), -1), (a * b.transpose(0, 2, 1)).reshape(len(a), -1)
    return np.concatenate([flips @ straight.T, flips @ turned.T])
