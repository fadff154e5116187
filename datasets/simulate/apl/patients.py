"""Patients: kind, site and morphological variant."""

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
)


@dataclass(frozen=True)
class Patients:
    """Hold what is fixed before anything is measured: int64 (n,) each.

    Attributes:
        kind: Position in ``CLASSES`` followed by ``UNSEEN``.
        site: Position in ``SITES``.
        variant: 0 hypergranular (M3), 1 microgranular (M3v).
    """

    kind: NDArray[np.int64]
    site: NDArray[np.int64]
    variant: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def y(self) -> NDArray[np.int64]:
        """Return the position in ``CLASSES``, -1 for patients of none, int64 (n,)."""
        return np.where(self.kind < len(CLASSES), self.kind, -1)


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


def sample_patients(n: int, confound: float, seed: int) -> Patients:
    """Return ``n`` patients in random order with class and site counts by largest remainder."""
    sizes = largest_remainder(n, PRIOR)
    chances = site_probabilities(confound)
    y = np.repeat(np.arange(len(CLASSES)), sizes)
    site = np.concatenate([
        np.repeat(np.arange(len(SITES)), largest_remainder(size, chance))
        for size, chance in zip(sizes.tolist(), chances, strict=True)
    ])  # fmt: skip
    order = generator(seed, Stream.ORDER).permutation(n)
    return Patients(y[order], site[order], sample_variant(y[order], seed))


def sample_variant(kind: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return 1 for microgranular patients, int64 (n,)."""
    chance = patient_uniforms(seed, Stream.VARIANT, len(kind), (1,))[:, 0]
    return (chance < np.array((*MICROGRANULAR, *unseen_tables.MICROGRANULAR))[kind]).astype(np.int64)
