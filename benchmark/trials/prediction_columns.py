"""Predictions as columns: one array a column, which costs a trial less to make than a table of pandas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import Cohort

Columns = dict[str, NDArray[Any]]
"""Column -> array (n,): role, specimen, patient and domain (str), y (int64), p0..p{K-1} (float64)."""


def columns_of(proba: NDArray[np.float64], view: Cohort, role: str) -> Columns:
    """Return the predictions of one role, sorted by specimen.

    Args:
        proba: float64 (n, n_classes).
        view: The n specimens that were predicted.
        role: What they are.
    """
    at = np.argsort(view.specimen, kind="stable")
    ids = {"specimen": view.specimen, "patient": view.patient, "domain": view.domain, "y": view.y}
    told = {**ids, **{f"p{k}": proba[:, k] for k in range(view.n_classes)}}
    return {"role": np.full(len(at), role), **{name: column[at] for name, column in told.items()}}


def joined(tables: Sequence[Columns]) -> Columns:
    """Return tables of the same columns one below the other."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def of_roles(table: Columns, roles: Iterable[str]) -> Columns:
    """Return the rows of some roles."""
    chosen = np.isin(table["role"], list(roles))
    return {name: column[chosen] for name, column in table.items()}


def with_modalities(table: Columns, modalities: str) -> Columns:
    """Return the table with one more column that says of which modalities its rows were predicted."""
    return {**table, "modalities": np.full(len(table["role"]), modalities)}
