"""Bulk expression in log2 CPM: mitochondrial modules that shift with the class among pathways that do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.mito import tables as tables
from datasets.simulate.mito.pathways import DECOYS, PATHWAYS
from datasets.simulate.shared import Stream, generator, normal_log_density, scaled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_QC_MODULE = "mtdna_transcripts"


@dataclass(frozen=True)
class MitoGenes:
    """Genes of one cohort, each in one module: expression = baseline + loading * module + noise.

    Attributes:
        names: Symbols, pathway by pathway, (n_genes,).
        module: Module of each gene: pathways, then decoys, then unnamed factors, int64 (n_genes,).
        loading: log2 per standard deviation of the module, float64 (n_genes,).
        baseline: Mean log2 CPM, float64 (n_genes,).
        shift: z-shift of each pathway's module, float64 (n_classes, n_pathways).
    """

    names: tuple[str, ...]
    module: Ints
    loading: Floats
    baseline: Floats
    shift: Floats

    @property
    def noise_sd(self) -> Floats:
        """Return the standard deviation of what a gene does not share with its module, (n_genes,)."""
        return np.sqrt(tables.GENE_SD**2 - self.loading**2)

    @property
    def mitochondrial(self) -> NDArray[np.bool_]:
        """Return which genes mitochondrial DNA encodes, bool (n_genes,)."""
        return self.module == list(PATHWAYS).index(_QC_MODULE)

    @property
    def signal(self) -> tuple[str, ...]:
        """Return the genes whose distribution depends on the class."""
        return tuple(gene for members in PATHWAYS.values() for gene in members)

    @property
    def sets(self) -> dict[str, tuple[str, ...]]:
        """Return pathway -> members: those with signal and the decoys."""
        return {**PATHWAYS, **DECOYS}


def gene_model(effect: float, seed: int, n_genes: int = tables.N_GENES) -> MitoGenes:
    """Return the genes of a cohort; class differences scale with ``effect``."""
    named = [*PATHWAYS.values(), *DECOYS.values()]
    sizes = [len(members) for members in named]
    nulls = n_genes - sum(sizes)
    rng = generator(seed, Stream.GENE_BASELINE)
    factor = len(named) + rng.integers(0, tables.N_FACTORS, nulls)
    together = np.sqrt(tables.FACTOR_VARIANCE) * tables.GENE_SD
    return MitoGenes(
        names=(*(g for members in named for g in members), *(f"NULL{k + 1:04d}" for k in range(nulls))),
        module=np.concatenate([np.repeat(np.arange(len(named)), sizes), factor]),
        loading=np.concatenate([rng.uniform(*tables.MODULE_LOADING, sum(sizes)), np.full(nulls, together)]),
        baseline=rng.gamma(4.0, 1.2, n_genes),
        shift=scaled(np.array([tables.PATHWAY_SHIFTS[name] for name in PATHWAYS]).T, effect),
    )


def sample_modules(model: MitoGenes, y: Ints, seed: int) -> Floats:
    """Return each specimen's module scores, float64 (n, n_modules): unit variance about the class' shift."""
    n_modules, n_shifted = int(model.module.max()) + 1, model.shift.shape[1]
    score = np.stack([generator(seed, Stream.GENE_FACTORS, i).standard_normal(n_modules) for i in range(len(y))])
    score[:, :n_shifted] += model.shift[y]
    return score


def sample_expression(model: MitoGenes, modules: Floats, site: Ints, seed: int) -> Floats:
    """Return log2 CPM, float64 (n, n_genes).

    Mitochondrial reads rise at site B and vary between specimens with how many cells were dying; the small
    fall of all other genes that goes with it is left out.
    """
    noise = np.stack([
        generator(seed, Stream.GENE_NOISE, i).standard_normal(len(model.names) + 1) for i in range(len(site))
    ])  # fmt: skip
    reads = np.array(tables.READ_FRACTION)[site] + tables.READ_FRACTION_SD * noise[:, -1]
    values = model.baseline + model.loading * modules[:, model.module] + model.noise_sd * noise[:, :-1]
    return values + reads[:, None] * model.mitochondrial


def genes_measured(site: Ints, seed: int) -> NDArray[np.bool_]:
    """Return which patients have expression, bool (n,): all at site A, 70 % at B, none at C."""
    chance = np.array([generator(seed, Stream.GENE_MISSING, i).random() for i in range(len(site))])
    return chance < np.array(tables.SITE_GENES)[site]


def gene_log_likelihood(model: MitoGenes, expression: Floats, site: Ints, measured: NDArray[np.bool_]) -> Floats:
    """Return log p(genes | class, site), (n, n_classes), up to a constant; zero where not measured.

    The module is integrated out: its precision-weighted estimate is Gaussian about the class' shift with
    variance 1 + 1 / sum(loading^2 / noise^2), wider for mitochondrial genes whose common rise is unknown.
    """
    values = expression - model.baseline - np.array(tables.READ_FRACTION)[site][:, None] * model.mitochondrial
    total = np.zeros((len(expression), len(tables.CLASSES)))
    for k in range(model.shift.shape[1]):
        genes = model.module == k
        weight = _estimator(model, genes)
        estimate = values[:, genes] @ weight
        spread = weight @ _covariance(model, genes) @ weight
        total += normal_log_density(estimate[:, None], model.shift[:, k], np.sqrt(spread))
    return total * measured[:, None]


def _covariance(model: MitoGenes, genes: NDArray[np.bool_]) -> Floats:
    """Return the covariance of one module's genes given the class."""
    loading, mitochondrial = model.loading[genes], model.mitochondrial[genes].astype(np.float64)
    common = tables.READ_FRACTION_SD**2 * np.outer(mitochondrial, mitochondrial)
    return np.diag(model.noise_sd[genes] ** 2) + np.outer(loading, loading) + common


def _estimator(model: MitoGenes, genes: NDArray[np.bool_]) -> Floats:
    """Return weights of the unbiased estimate of a module that keeps all that its genes tell of the class."""
    direction = np.linalg.solve(_covariance(model, genes), model.loading[genes])
    return direction / (model.loading[genes] @ direction)
