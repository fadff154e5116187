"""Patients of the six diseases: class, site and whether a child."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.apl import largest_remainder
from datasets.simulate.mito.tables import CHILD, CLASSES, CONFOUNDED_SITES, PRIOR
from datasets.simulate.shared import SITES, Stream, generator, patient_uniforms


@dataclass(frozen=True)
class MitoPatients:
    """Hold what is fixed before anything is measured: int64 (n,) each.

    Attributes:
        y: Position in ``CLASSES``.
        site: Position in ``SITES``.
        adult: 0 child, 1 adult.
    """

    y: NDArray[np.int64]
    site: NDArray[np.int64]
    adult: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)


def site_probabilities(confound: float) -> NDArray[np.float64]:
    """Return P(site | class), (n_classes, n_sites): uniform at 0, ``CONFOUNDED_SITES`` at 1."""
    uniform = np.full((len(CLASSES), len(SITES)), 1 / len(SITES))
    return (1 - confound) * uniform + confound * np.array(CONFOUNDED_SITES)


def sample_patients(n: int, confound: float, seed: int) -> MitoPatients:
    """Return ``n`` patients in random order with class and site counts by largest remainder."""
    sizes = largest_remainder(n, PRIOR)
    y = np.repeat(np.arange(len(CLASSES)), sizes)
    site = np.concatenate([
        np.repeat(np.arange(len(SITES)), largest_remainder(size, chance))
        for size, chance in zip(sizes.tolist(), site_probabilities(confound), strict=True)
    ])  # fmt: skip
    order = generator(seed, Stream.ORDER).permutation(n)
    return MitoPatients(y[order], site[order], sample_adult(y[order], seed))


def sample_adult(y: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return 1 for adults and 0 for children, int64 (n,)."""
    chance = patient_uniforms(seed, Stream.VARIANT, len(y), (1,))[:, 0]
    return (chance >= np.array(CHILD)[y]).astype(np.int64)
