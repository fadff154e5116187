"""Entries over several tasks: mean ranks, and which pairs a Wilcoxon test with Holm's correction tells apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata, wilcoxon

_EXACT = 13  # rows: 8,192 ways to give them signs
_SLACK = 1e-9
FEWEST = 6  # with fewer tasks no exact Wilcoxon test can reach p < .05


@dataclass(frozen=True)
class CriticalDifference:
    """What a critical-difference diagram shows.

    Attributes:
        ranks: Entry -> mean rank over tasks, 1 is best.
        p: Holm-corrected p-value of each pair, square, symmetric, NaN on the diagonal.
        groups: Maximal runs of neighbouring entries of which no pair is told apart.
        n_tasks: Number of tasks.
    """

    ranks: pd.Series
    p: pd.DataFrame
    groups: tuple[tuple[str, ...], ...]
    n_tasks: int


def critical_difference(scores: pd.DataFrame, *, higher_is_better: bool, level: float = 0.05) -> CriticalDifference:
    """Compare entries over tasks.

    Args:
        scores: One row a task, one column an entry; no holes: an entry that lacks a task is not compared.
        higher_is_better: Direction of the score.
        level: Family-wise error.

    Raises:
        ValueError: If a score is missing, or there are fewer than ``FEWEST`` tasks.

    Reference: A. Benavoli et al., Should we really use post-hoc tests based on mean-ranks?, 2016.
    """
    if scores.isna().any(axis=None):
        raise ValueError("a score is missing; compare only entries that have every task")
    if len(scores) < FEWEST:
        raise ValueError(f"{len(scores)} tasks; a Wilcoxon test over tasks needs {FEWEST} or more")
    values = scores.to_numpy(dtype=np.float64) * (1 if higher_is_better else -1)
    ranks = pd.Series(rankdata(-values, axis=1).mean(axis=0), index=scores.columns).sort_values(kind="stable")
    p = _pairwise(values, list(scores.columns)).loc[ranks.index, ranks.index]
    return CriticalDifference(ranks, p, _groups(p, level), len(scores))


def _pairwise(values: NDArray[np.float64], entries: list[str]) -> pd.DataFrame:
    first, second = np.triu_indices(len(entries), 1)
    table = np.full((len(entries), len(entries)), np.nan)
    table[first, second] = table[second, first] = holm(signed_rank_p(values[:, first] - values[:, second]))
    return pd.DataFrame(table, index=entries, columns=entries)


def signed_rank_p(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the two-sided p-value of Wilcoxon's signed-rank test of each column, (m,).

    Zeros are left out; a column of nothing else has 1. Up to 13 rows it is exact, ties or not: all columns meet all
    signs at once, where ``scipy.stats.wilcoxon`` takes a millisecond a column, or a tenth of a second where there are
    ties. With more rows it is SciPy's.

    Args:
        differences: (n, m).
    """
    n = len(differences)
    if n > _EXACT:
        return np.array([float(wilcoxon(column).pvalue) if column.any() else 1.0 for column in differences.T])
    size = np.where(differences == 0, np.nan, np.abs(differences))
    ranks = np.nan_to_num(rankdata(size, axis=0, nan_policy="omit"))
    signs = np.arange(2**n)[:, None] >> np.arange(n) & 1
    sums, found = signs @ ranks, (ranks * (differences > 0)).sum(axis=0)
    tails = [(sums >= found - _SLACK).mean(axis=0), (sums <= found + _SLACK).mean(axis=0)]
    p: NDArray[np.float64] = np.minimum(1.0, 2 * np.minimum(*tails))
    return p


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p-values corrected for their number, (m,); rejects what Holm's step-down procedure rejects."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def _groups(p: pd.DataFrame, level: float) -> tuple[tuple[str, ...], ...]:
    """Return runs in rank order that hold no separated pair and are in no longer such run."""
    entries: list[str] = list(p.index)
    found: list[tuple[str, ...]] = []
    for start in range(len(entries)):
        end = start + 1
        while end < len(entries) and not (p.iloc[start:end, end] < level).any():
            end += 1
        if end - start > 1 and not any(set(entries[start:end]) <= set(run) for run in found):
            found.append(tuple(entries[start:end]))
    return tuple(found)
