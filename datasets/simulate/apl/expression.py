"""Bulk expression in log2 CPM: marker modules that shift with the class among co-expressed null genes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.apl.patients import Patients
from datasets.simulate.shared import Stream, generator, scaled, tables

_DECOY_SIZES = (4, 7)


@dataclass(frozen=True)
class GeneModel:
    """Signal genes and null genes of one cohort.

    Attributes:
        names: Symbols, signal genes first, (n_genes,).
        shift: log2 difference from the baseline, float64 (n_classes, n_signal).
        baseline: Mean log2 CPM, float64 (n_genes,).
        factor: Co-expression factor of each null gene, int64 (n_genes - n_signal,).
        sets: Pathway name -> members: the marker modules and as many or more of null genes.
    """

    names: tuple[str, ...]
    shift: NDArray[np.float64]
    baseline: NDArray[np.float64]
    factor: NDArray[np.int64]
    sets: dict[str, tuple[str, ...]]

    @property
    def n_signal(self) -> int:
        return self.shift.shape[1]

    @property
    def signal(self) -> tuple[str, ...]:
        """Return the genes whose distribution depends on the class."""
        return self.names[: self.n_signal]

    @property
    def signal_sets(self) -> tuple[str, ...]:
        """Return the names of the pathways whose members depend on the class by design."""
        return tuple(name for name in self.sets if name in tables.GENE_MODULES)


def gene_model(effect: float, seed: int, n_genes: int = tables.N_GENES, quasi_label: bool = False) -> GeneModel:
    """Return the genes of a cohort.

    Args:
        effect: Scale of class differences.
        seed: Seed of the cohort; fixes baselines and which null genes go together.
        n_genes: Number of genes in all.
        quasi_label: Whether the 3' part of the RARG fusion itself is measured, which gives one class away.
    """
    modules = list(tables.GENE_MODULES.values()) + ([tables.QUASI_LABEL_MODULE] if quasi_label else [])
    signal = [gene for genes, _ in modules for gene in genes]
    shifts = np.array([shift for genes, shift in modules for _ in genes], dtype=np.float64).T
    n_null = n_genes - len(signal)
    rng = generator(seed, Stream.GENE_BASELINE)
    factor = rng.integers(0, tables.N_FACTORS, n_null)
    nulls = [f"NULL{k + 1:04d}" for k in range(n_null)]
    sets = {name: genes for name, (genes, _) in tables.GENE_MODULES.items() if len(genes) > 1}
    sets.update(_decoys(np.array(nulls), factor, seed))
    return GeneModel((*signal, *nulls), scaled(shifts, effect), rng.gamma(4.0, 1.2, n_genes), factor, sets)


def _decoys(nulls: NDArray[np.str_], factor: NDArray[np.int64], seed: int) -> dict[str, tuple[str, ...]]:
    rng = generator(seed, Stream.GENE_SETS)
    chosen = {}
    for k in range(tables.N_FACTORS):
        members = nulls[factor == k]
        size = min(int(rng.integers(*_DECOY_SIZES)), len(members))
        chosen[f"program_{k + 1:02d}"] = tuple(rng.choice(members, size, replace=False).tolist())
    return chosen


def sample_signal(model: GeneModel, y: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Return deviations of the signal genes from their baseline, float64 (n, n_signal)."""
    noise = [generator(seed, Stream.GENE_NOISE, i).standard_normal(model.n_signal) for i in range(len(y))]
    return model.shift[y] + tables.GENE_SD * np.array(noise)


def sample_nulls(model: GeneModel, n: int, seed: int) -> NDArray[np.float64]:
    """Return deviations of the null genes from their baseline, float64 (n, n_null)."""
    share = tables.FACTOR_VARIANCE
    rows = []
    for i in range(n):
        rng = generator(seed, Stream.GENE_FACTORS, i)
        common = rng.standard_normal(tables.N_FACTORS)[model.factor]
        rows.append(np.sqrt(share) * common + np.sqrt(1 - share) * rng.standard_normal(len(model.factor)))
    return tables.GENE_SD * np.array(rows)


def genes_measured(patients: Patients, seed: int) -> NDArray[np.bool_]:
    """Return which patients have expression, bool (n,): all at sites A and C, 70 % at B; none with images only."""
    chance = np.array([generator(seed, Stream.GENE_MISSING, i).random() for i in range(len(patients))])
    return (chance < np.array(tables.SITE_GENES)[patients.site]) & ~patients.images_only
