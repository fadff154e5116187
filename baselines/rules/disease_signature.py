"""The genes that move the same way in every disease, and a cell's score on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import Cohort

# Design: the usual two-sided 5 % limit of a t statistic, asked of every disease.
_LEAST_T = 2.0
_HEALTHY_PERCENTILE = 95


@dataclass(frozen=True)
class Signature:
    """A signed set of genes and what is usual in healthy cells.

    Attributes:
        genes: Positions in ``gene_names``, int64 (k,).
        sign: 1 for genes that rise in disease, -1 for those that fall, float64 (k,).
        mean, sd: Of healthy training cells, float64 (k,).
        limit: 95th percentile of the score of healthy training cells.
    """

    genes: NDArray[np.int64]
    sign: NDArray[np.float64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    limit: float

    def scores(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return the mean signed z of the genes, float64 (n,), 0 where there is no gene."""
        assert cohort.genes is not None
        if not len(self.genes):
            return np.zeros(len(cohort))
        z = (cohort.genes[:, self.genes].astype(np.float64) - self.mean) / self.sd
        return (z * self.sign).mean(axis=1)


def common_signature(train: Cohort, healthy: int) -> Signature:
    """Return the genes whose donor means differ from healthy donors' the same way in every other class of ``train``.

    A gene is taken when Welch's t over donors is above 2 in size, with one sign, in each disease; genes that are
    constant in healthy cells are left out. Classes with fewer than two donors are not compared.

    Args:
        train: Specimens with genes, labels and patients.
        healthy: Position of the healthy class.

    Raises:
        ValueError: If fewer than two donors are healthy, or no disease has two.
    """
    assert train.genes is not None
    rows = np.flatnonzero(train.has("genes"))
    usual = np.flatnonzero(train.has("genes") & (train.y == healthy))
    donors = {k: _donor_means(train, rows[train.y[rows] == k]) for k in np.unique(train.y[rows]).tolist()}
    ill = [means for k, means in donors.items() if k != healthy and len(means) > 1]
    if len(donors.get(healthy, ())) < 2 or not ill:
        raise ValueError(
            f"dataset {train.name!r}: the rules compare donors and need two healthy ones and two of a disease in train"
        )
    t = np.stack([_welch(means, donors[healthy]) for means in ill])
    mean, sd = train.genes[usual].mean(axis=0, dtype=np.float64), train.genes[usual].std(axis=0, dtype=np.float64)
    same = (t > _LEAST_T).all(axis=0) | (t < -_LEAST_T).all(axis=0)
    genes = np.flatnonzero(same & (sd > 0))
    raw = Signature(genes, np.sign(t[0, genes]), mean[genes], sd[genes], 0.0)
    limit = float(np.percentile(raw.scores(train[usual]), _HEALTHY_PERCENTILE))
    return Signature(raw.genes, raw.sign, raw.mean, raw.sd, limit)


def _donor_means(train: Cohort, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    assert train.genes is not None
    patients = train.patient[rows]
    means = [train.genes[rows[patients == p]].mean(axis=0, dtype=np.float64) for p in np.unique(patients)]
    return np.reshape(means, (len(means), train.genes.shape[1]))


def _welch(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    error = np.sqrt(first.var(axis=0, ddof=1) / len(first) + second.var(axis=0, ddof=1) / len(second))
    return (first.mean(axis=0) - second.mean(axis=0)) / np.maximum(error, 1e-12)
