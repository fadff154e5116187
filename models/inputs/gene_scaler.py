"""Choose and standardise genes with what train shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from datasets.cohort import Cohort
from models.inputs.class_spread import class_spread

GeneChoice = Literal["variance", "f-test"]


class GeneSelection(NamedTuple):
    """Say which genes are read.

    Attributes:
        n_genes: How many, 0 for all.
        first: Names of genes to keep before all others.
        choice: What the others are ordered by: variance on train, or the F statistic of the classes on train.
    """

    n_genes: int = 0
    first: frozenset[str] = frozenset()
    choice: GeneChoice = "variance"


@dataclass(frozen=True)
class GeneScaler:
    """Keep genes that vary most on train, or differ most between its classes, after those asked for; standardise.

    Genes that labels choose get a standard deviation of 1 within the classes of train, the others one of 1 over all.

    Attributes:
        chosen: int64 (n_chosen,), columns of ``Cohort.genes``: those asked for first, each part by train variance
            or by the F statistic of the classes on train.
        mean: float32 (n_chosen,).
        scale: float32 (n_chosen,), infinite for genes that are constant on train: they say nothing.
        gene_names: All gene names that the cohort had at fit.
    """

    chosen: NDArray[np.int64]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    gene_names: tuple[str, ...]

    @classmethod
    def fit(cls, train: Cohort, selection: GeneSelection) -> Self:
        """Learn from the specimens of ``train`` that have genes."""
        assert train.genes is not None
        rows = train.genes[train.has("genes")].astype(np.float64)
        spread = rows.std(axis=0)
        stranger = np.array([gene not in selection.first for gene in train.gene_names])
        worth = spread if selection.choice == "variance" else f_statistic(rows, train.y[train.has("genes")])
        chosen = np.lexsort((-worth, stranger))[: selection.n_genes or None]
        scale = spread if selection.choice == "variance" else class_spread(rows, train.y[train.has("genes")])
        scale = np.where(scale > 0, scale, np.inf)
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


def f_statistic(values: NDArray[np.float64], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the one-way F statistic of each column between the classes ``y``; 0 for constant columns.

    Args:
        values: float64 (n, n_columns).
        y: int64 (n,).
    """
    classes, of_row = np.unique(y, return_inverse=True)
    free = len(y) - len(classes)
    if len(classes) < 2 or free < 1:
        return np.zeros(values.shape[1])
    means = np.stack([values[y == k].mean(axis=0) for k in classes])
    between = (np.bincount(of_row)[:, None] * (means - values.mean(axis=0)) ** 2).sum(axis=0) / (len(classes) - 1)
    within = ((values - means[of_row]) ** 2).sum(axis=0) / free
    return np.divide(between, within, out=np.zeros_like(between), where=within > 0)


def set_members(cohort: Cohort) -> frozenset[str]:
    """Return the genes of the given gene sets."""
    return frozenset(gene for genes in cohort.gene_sets.values() for gene in genes)


def set_selection(train: Cohort, n_genes: int) -> GeneSelection:
    """Return the members of the given gene sets that train has; without sets, ``n_genes`` by the F statistic."""
    members = set_members(train) & frozenset(train.gene_names)
    return GeneSelection(len(members) or n_genes, members, "f-test")


class TrainGenes(NamedTuple):
    """Hold what an encoder of genes may be built from.

    Attributes:
        names: Of the chosen genes.
        values: float (n, n_genes), standardised genes of the specimens of train that have them.
        sets: The given gene sets, name -> genes; empty where the dataset has none.
        y: int64 (n,), classes of these specimens.
    """

    names: tuple[str, ...]
    values: Tensor
    sets: Mapping[str, Iterable[str]]
    y: Tensor
