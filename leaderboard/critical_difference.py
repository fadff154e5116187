"""Entries over several tasks: mean ranks, and which pairs a Wilcoxon test with Holm's correction tells apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata, wilcoxon

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
    pairs = list(combinations(range(len(entries)), 2))
    raw = np.array([_p(values[:, i] - values[:, j]) for i, j in pairs])
    table = pd.DataFrame(np.nan, index=entries, columns=entries)
    for (i, j), p in zip(pairs, holm(raw), strict=True):
        table.iloc[i, j] = table.iloc[j, i] = p
    return table


def _p(differences: NDArray[np.float64]) -> float:
    return 1.0 if not differences.any() else float(wilcoxon(differences).pvalue)


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
