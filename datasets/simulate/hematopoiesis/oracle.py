"""The Bayes posterior of one droplet's class, marginal over the donor's effect on each gene.

It knows every distribution, and of the droplet: its counts, expected library and mitochondrial share, batch, and the
cell types in it (one, or two in a doublet). Given these only the signal genes tell the class. Donor effects are
independent between genes, so the integral is one-dimensional for each gene and done by Gauss-Hermite quadrature.
All cells of a donor share its effects: the product of the cells' posteriors is not the donor's posterior, and an entry
that has learned from other cells of the same donor can beat this posterior.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from datasets.simulate.hematopoiesis import tables as tables
from datasets.simulate.hematopoiesis.cells import DonorCells
from datasets.simulate.hematopoiesis.genes import HemaGenes

Floats = NDArray[np.float64]
_NODES = 9


def log_likelihood(genes: HemaGenes, cells: DonorCells, counts: NDArray[np.float32], batch: int) -> Floats:
    """Return log p(signal genes | class) up to a term without class, float64 (m, n_classes).

    Args:
        genes: Genes of the cohort.
        cells: Droplets of one donor.
        counts: Counts of the signal genes, (m, n_signal), in the order of ``genes.signal``.
        batch: Batch of the donor.
    """
    scale = cells.nuclear[:, None] * np.exp(genes.batch[batch, genes.signal])
    result = []
    for shift in genes.shift:
        profile = genes.profile[:, genes.signal] * np.exp(shift)
        result.append(negative_binomial_marginal(counts, scale * (cells.weights @ profile)).sum(axis=1))
    return np.stack(result, axis=1)


def negative_binomial_marginal(counts: NDArray[np.float32], mean: Floats) -> Floats:
    """Return log E[NB(counts; mean exp(d), theta)] over the donor effect d, up to a term of counts and theta only."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    theta = tables.DISPERSION
    terms = []
    for node, weight in zip(tables.DONOR_SD * nodes, np.log(weights / weights.sum()), strict=True):
        moved = mean * np.exp(node)
        terms.append(weight + counts * np.log(moved) - (counts + theta) * np.log(moved + theta))
    return logsumexp(np.stack(terms), axis=0)


def posterior(log_likelihoods: Floats) -> Floats:
    """Return p(class | droplet) under equal priors, float64 (m, n_classes); rows sum to 1."""
    return np.exp(log_likelihoods - logsumexp(log_likelihoods, axis=1, keepdims=True))
