"""What all views of genes read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import Cohort


def gene_values(cohort: Cohort, known: tuple[str, ...]) -> NDArray[np.float64]:
    """Return expression as measured, float64 (n, n_genes), NaN for a specimen without genes.

    Args:
        cohort: With genes.
        known: The genes of training, in their order.

    Raises:
        ValueError: If the cohort has other genes, or another order.
    """
    if cohort.gene_names != known:
        raise ValueError(f"genes: cohort {cohort.name!r} has other gene_names, or another order, than training")
    assert cohort.genes is not None
    return np.where(cohort.has("genes")[:, None], cohort.genes, np.nan).astype(np.float64)


def measured_genes(train: Cohort) -> NDArray[np.float64]:
    """Return the rows of specimens with genes, float64 (n_with_genes, n_genes)."""
    assert train.genes is not None
    return train.genes[train.has("genes")].astype(np.float64)


def centre_and_scale(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and sd of each gene, 0 and 1 where there is no specimen or no spread."""
    if not len(values):
        return np.zeros(values.shape[1]), np.ones(values.shape[1])
    sd = values.std(axis=0)
    return values.mean(axis=0), np.where(sd > 0, sd, 1.0)
