"""From features of cells to tables: a row a specimen, or a row a cell.

Any matrix of cell features goes through here, hand-crafted or of a network that was trained elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cohort import ImageBags

Statistics = Literal["mean", "mean-sd", "quantiles"]

AGGREGATES: dict[Statistics, tuple[str, ...]] = {
    "mean": ("mean",),
    "mean-sd": ("mean", "sd"),
    "quantiles": ("mean", "sd", "p10", "p50", "p90"),
}


def specimen_table(
    images: ImageBags, features: NDArray[Any], names: Sequence[str], statistics: Statistics
) -> pd.DataFrame:
    """Return statistics over the cells of each specimen, float64 (n, statistics x names); NaN for empty bags.

    Args:
        images: n bags.
        features: One row a cell, bag after bag, (cells, len(names)).
        names: Of the features.
        statistics: Which.
    """
    kept = AGGREGATES[statistics]
    rows = [_aggregate(features[start:end], kept) for start, end in pairwise(images.starts)]
    columns = [f"cells:{name}:{a}" for a in kept for name in names]
    return pd.DataFrame(np.reshape(rows, (len(images), len(columns))), columns=columns)


def cell_table(images: ImageBags, features: NDArray[Any], names: Sequence[str]) -> pd.DataFrame:
    """Return a row a cell, float64 (cells, len(names)); the index is the position of its bag.

    Arguments are those of ``specimen_table``.
    """
    owner = np.repeat(np.arange(len(images)), images.sizes)
    columns = [f"cells:{name}" for name in names]
    return pd.DataFrame(features.astype(np.float64), index=pd.Index(owner), columns=columns)


def _aggregate(cells: NDArray[Any], kept: tuple[str, ...]) -> NDArray[np.float64]:
    if not len(cells):
        return np.full(len(kept) * cells.shape[1], np.nan)
    cells = cells.astype(np.float64)
    found = {"mean": cells.mean(axis=0), "sd": cells.std(axis=0)}
    if "p10" in kept:
        found |= zip(("p10", "p50", "p90"), np.percentile(cells, (10, 50, 90), axis=0), strict=True)
    return np.concatenate([found[a] for a in kept])
