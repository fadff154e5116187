"""Fixed transforms of expression values: each looks at one sample only, so nothing is learned across samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FLOOR, CEILING = 100.0, 16000.0  # average differences: noise below, saturation above


def log2_thresholded(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return log2 of average differences held within 100 and 16,000, as is usual for these chips.

    Thresholds: Dudoit, Fridlyand, Speed, Comparison of discrimination methods for the classification of tumors
    using gene expression data, JASA 2002; their filter of genes learns from samples and is left to the entries.
    """
    return np.log2(np.clip(values, FLOOR, CEILING)).astype(np.float32)


def collapse_probes(values: NDArray[np.float32], symbols: Sequence[str]) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Return one column a gene, the highest of its probes in each sample, and the genes in alphabetical order.

    Args:
        values: float32 (n_samples, n_probes).
        symbols: Gene of each probe; probes with "" are dropped.
    """
    kept = np.flatnonzero(np.asarray(symbols, dtype=np.str_) != "")
    codes, genes = pd.factorize(np.asarray(symbols, dtype=object)[kept], sort=True)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(genes)))
    highest = np.maximum.reduceat(values[:, kept[order]], starts, axis=1)
    return np.ascontiguousarray(highest, dtype=np.float32), tuple(str(g) for g in genes)


def rank_scores(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the normal score of each value's rank within its sample, float32 (n_samples, n_genes); ties share one."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    ranks = rankdata(values, axis=1)
    return ndtri((ranks - 0.5) / values.shape[1]).astype(np.float32)
