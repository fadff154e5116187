"""Patients: kind, site, morphological variant, and of whom there are images only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets.simulate.apl import unseen_tables
from datasets.simulate.shared import (
    CLASSES,
    CONFOUNDED_SITES,
    MICROGRANULAR,
    PRIOR,
    SITES,
    Stream,
    generator,
    patient_uniforms,
    tables,
)

_C = SITES.index("C")


@dataclass(frozen=True)
class Patients:
    """Hold what is fixed before anything is measured, (n,) each.

    Attributes:
        kind: Position in ``CLASSES`` followed by ``UNSEEN``, int64.
        site: Position in ``SITES``, int64.
        variant: 0 hypergranular (M3), 1 microgranular (M3v), int64.
        images_only: Patients of site C of whom nothing but images came, bool.
    """

    kind: NDArray[np.int64]
    site: NDArray[np.int64]
    variant: NDArray[np.int64]
    images_only: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def y(self) -> NDArray[np.int64]:
        """Return the position in ``CLASSES``, -1 for patients of none, int64 (n,)."""
        return np.where(self.kind < len(CLASSES), self.kind, -1)

    @property
    def domain(self) -> NDArray[np.str_]:
        """Return the site, and ``tables.IMAGES_ONLY`` for the patients of site C with images only, str (n,)."""
        return np.where(self.images_only, tables.IMAGES_ONLY, np.array(SITES)[self.site])


def site_probabilities(confound: float) -> NDArray[np.float64]:
    """Return P(site | class), (n_classes, n_sites): uniform at 0, class nearly fixes site at 1."""
    uniform = np.full((len(CLASSES), len(SITES)), 1 / len(SITES))
    return (1 - confound) * uniform + confound * np.array(CONFOUNDED_SITES)


def largest_remainder(total: int, shares: ArrayLike) -> NDArray[np.int64]:
    """Split ``total`` by ``shares``; no positive share stays empty while another has two or more."""
    share = np.asarray(shares, dtype=np.float64)
    exact = total * share / share.sum()
    counts = np.floor(exact + 1e-9).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: total - counts.sum()]] += 1
    while (empty := np.flatnonzero((counts == 0) & (share > 0))).size and counts.max() > 1:
        counts[counts.argmax()] -= 1
        counts[empty[0]] += 1
    return counts


def sample_patients(n: int, confound: float, seed: int, *, more_c: int = 0, images_only: float = 0.5) -> Patients:
    """Return ``n`` patients in random order with class and site counts by largest remainder, then those of site C.

    Args:
        n: Patients of all sites.
        confound: How far the class fixes the site, 0 to 1.
        seed: Seed of the cohort.
        more_c: Patients of site C besides, with the classes as frequent as they are there.
        images_only: Share of the patients of site C, within each class, of whom there are images only.
    """
    sizes = largest_remainder(n, PRIOR)
    chances = site_probabilities(confound)
    y = np.repeat(np.arange(len(CLASSES)), sizes)
    site = np.concatenate([
        np.repeat(np.arange(len(SITES)), largest_remainder(size, chance))
        for size, chance in zip(sizes.tolist(), chances, strict=True)
    ])  # fmt: skip
    order = generator(seed, Stream.ORDER).permutation(n)
    at_c = largest_remainder(more_c, np.array(PRIOR) * chances[:, _C])
    later = generator(seed, Stream.MORE_C).permutation(np.repeat(np.arange(len(CLASSES)), at_c))
    return enrolled(np.r_[y[order], later], np.r_[site[order], np.full(more_c, _C)], images_only, seed)


def enrolled(kind: NDArray[np.int64], site: NDArray[np.int64], images_only: float, seed: int) -> Patients:
    """Return patients of these kinds at these sites; every so many of a kind at site C have images only."""
    silent = np.zeros(len(kind), bool)
    for k in np.unique(kind):
        rows = np.flatnonzero((kind == k) & (site == _C))
        turn = np.arange(len(rows))
        silent[rows] = np.floor((turn + 1) * images_only) > np.floor(turn * images_only)
    return Patients(kind, site, sample_variant(kind, seed), silent)


def sample_variant(kind: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return 1 for microgranular patients, int64 (n,)."""
    chance = patient_uniforms(seed, Stream.VARIANT, len(kind), (1,))[:, 0]
    return (chance < np.array((*MICROGRANULAR, *unseen_tables.MICROGRANULAR))[kind]).astype(np.int64)
