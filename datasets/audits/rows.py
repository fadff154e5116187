"""Audit of rows that occur twice under different patients."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audits.finding import Finding, counted, listed
from datasets.audits.roles import role_table, torn
from datasets.cohort import Cohort
from datasets.splits import SplitPlan

_COLUMNS = 256  # that are compared first
_BY_CHANCE = 0.01  # expected pairs of equal rows above which an equal row says nothing, as with age and sex only


def duplicate_rows(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find patients whose clinical values or gene expression agree in full with another patient's."""
    for where, rows, table in _tables(cohort):
        group = np.full(len(cohort), -1)
        group[rows] = _equal_rows(rows, table, cohort.patient[rows])
        member = group >= 0
        crossing = torn(role_table(cohort, plan), np.flatnonzero(member), group[member])
        for blocks, chosen in ((True, np.isin(group, crossing)), (False, member & ~np.isin(group, crossing))):
            if chosen.any():
                yield _finding(where, cohort, group[chosen], cohort.specimen[chosen], blocks=blocks)


def _finding(where: str, cohort: Cohort, group: NDArray[np.int64], ids: NDArray[np.str_], *, blocks: bool) -> Finding:
    first = ids[group == group[0]]
    place = ", in two roles of one fold" if blocks else ""
    groups = counted(len(np.unique(group)), "group")
    return Finding(
        "duplicate-rows",
        blocks,
        where,
        f"{groups} of patients with the same value in every column{place}: {listed(first)}.",
        "Give one person one patient id, or correct the merge that copied a row.",
        tuple(ids.tolist()),
    )


def _tables(cohort: Cohort) -> Iterator[tuple[str, NDArray[np.int64], NDArray]]:
    """Yield a name, the positions of the rows that are there, and all rows as numbers, NaN where missing."""
    if cohort.clinical is not None and cohort.has("clinical").any():
        columns = [pd.factorize(column)[0].astype(float) for _, column in cohort.clinical.items()]
        table = np.stack(columns, axis=1)
        yield "clinical", np.flatnonzero(cohort.has("clinical")), np.where(table < 0, np.nan, table)
    if cohort.genes is not None and cohort.genes.shape[1]:
        yield "genes", np.flatnonzero(cohort.has("genes")), cohort.genes


def _equal_rows(rows: NDArray[np.int64], table: NDArray, patient: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return a group of each row, int64 (r,); -1 where no row of another patient is equal, or equality means little."""
    some = np.linspace(0, table.shape[1] - 1, min(table.shape[1], _COLUMNS)).astype(np.int64)
    part = table[:, some]  # tens of thousands of genes are read in full only where some of them agree
    group = _by_bytes(part[rows])
    alike = _shared(group, patient)
    full = -np.ones(len(rows), np.int64)
    full[alike] = _by_bytes(table[rows[alike]])
    kept = alike.copy()
    kept[alike] = _shared(full[alike], patient[alike])
    kept &= _log_chance(part[rows], kept) < np.log(_BY_CHANCE)
    return np.where(kept, full, -1)


def _by_bytes(table: NDArray) -> NDArray[np.int64]:
    whole = np.ascontiguousarray(table)
    return pd.factorize(np.array([hashlib.sha256(row.data).digest() for row in whole], object))[0].astype(np.int64)


def _shared(group: NDArray[np.int64], patient: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Return which rows are of a group with two patients or more."""
    return np.asarray(pd.Series(patient).groupby(group).transform("nunique").to_numpy() > 1)


def _log_chance(table: NDArray, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the log of how many pairs of rows would agree by chance where a row has values, float64 (r,)."""
    pairs = len(table) * (len(table) - 1) / 2
    chance = np.full(len(table), np.log(pairs + 1))
    for column in table.T if kept.any() else ():
        known = np.isfinite(column)
        times = np.unique(column[known], return_counts=True)[1]
        equal, of = (times * (times - 1)).sum() / 2, known.sum() * (known.sum() - 1) / 2
        chance[known] += np.log((equal + 1) / (of + 1))
    return chance
