"""Cells of one donor: cell type, library, contamination, and negative-binomial counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

from datasets.simulate.hematopoiesis import tables as tables
from datasets.simulate.hematopoiesis.genes import HemaGenes
from datasets.simulate.shared import Stream, generator

Floats = NDArray[np.float64]
_TINY = 2.0**-53


@dataclass(frozen=True)
class DonorCells:
    """Hold the droplets of one donor, (m,) each but ``weights``.

    Attributes:
        lineage: Position in ``LINEAGES``, the lineage the droplet was sorted as.
        doublet: Whether a second cell of the donor is in the droplet.
        nuclear: Expected nuclear transcripts of a healthy droplet, float64.
        mitochondrial: Expected mitochondrial transcripts, float64.
        weights: Share of each cell type in the nuclear transcripts, float64 (m, n_types); rows sum to 1.
    """

    lineage: NDArray[np.int64]
    doublet: NDArray[np.bool_]
    nuclear: Floats
    mitochondrial: Floats
    weights: Floats


def ambient_weights() -> Floats:
    """Return the share of each cell type in the soup, float64 (n_types,): lineages in equal parts."""
    return np.concatenate([np.array(share) / len(tables.LINEAGES) for share in tables.CELL_TYPE_SHARES])


def sample_cells(seed: int, donor: int, cells: int, ambient: float, doublets: float) -> DonorCells:
    """Return ``cells`` droplets of each lineage, the lineages taking turns.

    The first droplets do not depend on how many there are, nor on other donors.

    Args:
        seed: Seed of the cohort.
        donor: Number of the donor.
        cells: Droplets a lineage.
        ambient: Share of the transcripts that come from the donor's other cells through the soup.
        doublets: Probability of a second cell, of a random lineage.
    """
    n_lineages = len(tables.LINEAGES)
    u = generator(seed, Stream.HEMA_CELLS, donor).random((cells * n_lineages, 8)).clip(_TINY, 1 - _TINY)
    lineage = np.tile(np.arange(n_lineages), cells)
    doublet = u[:, 0] < doublets
    first = _one_cell(lineage, u[:, 1:4])
    second = _one_cell((u[:, 4] * n_lineages).astype(np.int64), u[:, 5:8])
    nuclear, mitochondrial = (a + np.where(doublet, b, 0) for a, b in zip(first[1:], second[1:], strict=True))
    share = first[1] / nuclear
    own = share[:, None] * np.eye(len(tables.CELL_TYPES))[first[0]]
    own += (1 - share)[:, None] * np.eye(len(tables.CELL_TYPES))[second[0]]
    weights = (1 - ambient) * own + ambient * ambient_weights()
    return DonorCells(lineage, doublet, nuclear, mitochondrial, weights)


def _one_cell(lineage: NDArray[np.int64], u: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return cell type, expected nuclear and expected mitochondrial transcripts, (m,) each."""
    cell_type = np.zeros(len(lineage), dtype=np.int64)
    for k, shares in enumerate(tables.CELL_TYPE_SHARES):
        first = tables.LINEAGE_OF.index(k)
        inside = lineage == k
        cell_type[inside] = first + np.searchsorted(np.cumsum(shares)[:-1], u[inside, 0], side="right")
    library = tables.LIBRARY_MEDIAN * np.exp(tables.LIBRARY_SIGMA * ndtri(u[:, 1]))
    share = betaincinv(*tables.MITOCHONDRIAL_SHARE, u[:, 2])
    return cell_type, library * (1 - share), library * share


def mean_counts(genes: HemaGenes, cells: DonorCells, y: int) -> Floats:
    """Return expected counts before donor and batch, float64 (m, n_genes)."""
    nuclear = cells.nuclear[:, None] * (cells.weights @ genes.abundance(y))
    return nuclear + cells.mitochondrial[:, None] * genes.mitochondrial


def donor_effect(genes: HemaGenes, seed: int, donor: int, batch: int) -> Floats:
    """Return the ln factor that all cells of a donor share, float64 (n_genes,)."""
    own = generator(seed, Stream.HEMA_DONOR, donor).standard_normal(len(genes.names))
    return tables.DONOR_SD * own + genes.batch[batch]


def sample_counts(mean: Floats, seed: int, donor: int) -> NDArray[np.float32]:
    """Return negative-binomial counts with variance mean + mean^2 / 3, float32 (m, n_genes)."""
    spread = generator(seed, Stream.HEMA_DISPERSION, donor).standard_gamma(tables.DISPERSION, mean.shape)
    return generator(seed, Stream.HEMA_COUNTS, donor).poisson(mean * spread / tables.DISPERSION).astype(np.float32)
