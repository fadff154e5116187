"""Choose and standardise genes with what train shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from datasets.cohort import Cohort


@dataclass(frozen=True)
class GeneScaler:
    """Keep the genes that vary most on train, after those asked for; give them mean 0, variance 1 there.

    Attributes:
        chosen: int64 (n_chosen,), columns of ``Cohort.genes``: those asked for first, each part by train variance.
        mean: float32 (n_chosen,).
        scale: float32 (n_chosen,), 1 for genes that are constant on train.
        gene_names: All gene names that the cohort had at fit.
    """

    chosen: NDArray[np.int64]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    gene_names: tuple[str, ...]

    @classmethod
    def fit(cls, train: Cohort, n_genes: int, first: frozenset[str] = frozenset()) -> Self:
        """Learn from the specimens of ``train`` that have genes; ``n_genes`` 0 keeps all, ``first`` come first."""
        assert train.genes is not None
        rows = train.genes[train.has("genes")].astype(np.float64)
        spread = rows.std(axis=0)
        stranger = np.array([gene not in first for gene in train.gene_names])
        chosen = np.lexsort((-spread, stranger))[: n_genes or None]
        scale = np.where(spread > 0, spread, 1.0)
        mean = rows.mean(axis=0)
        return cls(chosen, mean[chosen].astype(np.float32), scale[chosen].astype(np.float32), train.gene_names)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the chosen genes, in the order of the columns of ``transform``."""
        return tuple(self.gene_names[j] for j in self.chosen)

    def transform(self, cohort: Cohort) -> NDArray[np.float32]:
        """Return standardised genes, float32 (n, n_chosen); rows without genes are zero.

        Raises:
            ValueError: If the cohort has genes under other names than at fit.
        """
        if cohort.genes is None:
            return np.zeros((len(cohort), len(self.chosen)), np.float32)
        if cohort.gene_names != self.gene_names:
            raise ValueError(
                f"genes: {cohort.name} names other genes than train did. Predict on cohorts of one source."
            )
        scaled = (cohort.genes[:, self.chosen] - self.mean) / self.scale
        return np.where(cohort.has("genes")[:, None], scaled, 0).astype(np.float32)


def set_members(cohort: Cohort) -> frozenset[str]:
    """Return the genes of the given gene sets."""
    return frozenset(gene for genes in cohort.gene_sets.values() for gene in genes)


class TrainGenes(NamedTuple):
    """Hold what an encoder of genes may be built from.

    Attributes:
        names: Of the chosen genes.
        values: float (n, n_genes), standardised genes of the specimens of train that have them.
        sets: The given gene sets, name -> genes; empty where the dataset has none.
    """

    names: tuple[str, ...]
    values: Tensor
    sets: Mapping[str, Iterable[str]]
