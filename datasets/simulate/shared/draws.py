"""Random numbers addressed by (seed, stream, patient): any one factor can be drawn again alone."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

_TINY = 2.0**-53


class Stream(IntEnum):
    """Name the factors of a cohort; changing one stream leaves every other as it was."""

    ORDER = 0
    VARIANT = 1
    CLINICAL = 2
    MISSING = 3
    GENE_BASELINE = 4
    GENE_FACTORS = 5
    GENE_NOISE = 6
    GENE_MISSING = 7
    TRAIT_PATIENT = 8
    TRAIT_CELL = 9
    CELL_KIND = 10
    SLIDE = 11
    OUTLINE = 12
    NUCLEUS = 13
    NUCLEOLI = 14
    GRANULES = 15
    AUER = 16
    RED_CELLS = 17
    ARTEFACT = 18
    PLACEMENT = 19
    SENSOR = 20
    TEXTURE_BANK = 21
    GENE_SETS = 22
    TEXTURE = 23
    GENE_COLUMNS = 24
    LABEL_NOISE = 40
    RATERS = 41
    EARLY_DEATH = 42
    ERA = 43
    SCALE_BAR = 44
    DIRT = 45
    UNSEEN_ORDER = 46
    BLASTS = 47
    MORE_C = 48
    NEIGHBOUR = 60
    HEMA_GENES = 80
    HEMA_PROGRAMS = 81
    HEMA_DISEASE = 82
    HEMA_BATCH = 83
    HEMA_SETS = 84
    HEMA_CELLS = 85
    HEMA_DONOR = 86
    HEMA_DISPERSION = 87
    HEMA_COUNTS = 88
    HEMA_ORDER = 89


def generator(seed: int, stream: Stream, patient: int | None = None) -> np.random.Generator:
    """Return the generator of one stream, of the whole cohort or of one patient."""
    return np.random.default_rng([seed, int(stream)] if patient is None else [seed, int(stream), patient])


def gene_columns(n_genes: int, seed: int) -> NDArray[np.int64]:
    """Return an order of the genes in which their place tells nothing, int64 (n_genes,)."""
    return generator(seed, Stream.GENE_COLUMNS).permutation(n_genes)


def patient_uniforms(seed: int, stream: Stream, n: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return numbers strictly between 0 and 1, float64 (n, *shape).

    Row ``i`` depends on (seed, stream, i) only; with cells as the first axis of ``shape``
    the first cells of a patient do not depend on how many there are.
    """
    drawn = np.stack([generator(seed, stream, i).random(shape) for i in range(n)])
    return np.maximum(drawn, _TINY)
