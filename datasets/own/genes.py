"""A user's expression: a table with specimens in rows or columns, or an .h5ad file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.own.cohort_file import Genes
from datasets.own.numbers import NumberTable
from datasets.own.problems import Problems
from datasets.own.tables import check_ids, read_number_table, require
from datasets.read import dense, open_h5ad, read_gmt

_MOST_CELLS = 1000
_SHOWN = 5
_HIGHEST = float(np.finfo(np.float32).max)


class OwnGenes(NamedTuple):
    """Expression float32 (n, n_genes), gene names, which specimens have it bool (n,), gene sets, and what to say."""

    values: NDArray[np.float32]
    names: tuple[str, ...]
    measured: NDArray[np.bool_]
    sets: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()


class _Table(NamedTuple):
    """Specimen ids by row of the file, gene names, and values float64 (ids, names), NaN where a problem was added."""

    ids: pd.Series
    names: pd.Index
    values: NDArray[np.float64]


def read_genes(
    spec: Genes, specimens: NDArray[np.str_], taken: Mapping[str, str], home: Path, problems: Problems
) -> OwnGenes | None:
    """Return expression of the specimens, in order; those without a row in the file have none.

    None is returned where anything was added to ``problems``.

    Args:
        spec: What the cohort.toml says.
        specimens: Ids, str (n,).
        taken: Headers of the specimen table that are no inputs, by what they say.
        home: Folder of the cohort.toml.
        problems: Where everything wrong is added.

    Raises:
        CohortError: If the file or a column is missing, or two columns have one name.
    """
    before, file = len(problems.found), Path(spec.table).name
    usual = taken.get("specimen", "")
    table = _h5ad(spec, home, problems) if _is_h5ad(spec) else _table(spec, home, usual, problems)
    _check_names(file, table.names, taken, problems)
    if not len(table.names):
        problems.add(file, 0, "", "", "holds no gene", "Check orientation and separator.")
    _check_ids(file, spec, table.ids, specimens, problems)
    _check_range(file, table, spec.transform, problems)
    if len(problems.found) > before:  # the caller stops: nothing is transformed that cannot be
        return None
    values, measured = _aligned(table, specimens)
    matrix = np.zeros(values.shape, dtype=np.float32)
    matrix[measured] = _transformed(values[measured], spec)
    sets, notes = _sets(home / spec.sets, table.names, problems) if spec.sets else ({}, ())
    return OwnGenes(matrix, tuple(table.names), measured, sets, notes)


def _aligned(table: _Table, specimens: NDArray[np.str_]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return values in the order of the specimens, and which of them the table has."""
    place = pd.Index(table.ids).get_indexer(pd.Index(specimens))
    return table.values[place], place >= 0


def _check_names(file: str, names: pd.Index, taken: Mapping[str, str], problems: Problems) -> None:
    for gene in names[names.duplicated()].unique():
        problems.add(file, 0, gene, "", "occurs more than once", "Aggregate probes of one gene first.")
    for meaning, header in taken.items():
        if header in names:
            problems.add(file, 0, header, "", f"is the {meaning} of the specimen table, not a gene", "Take it out.")


def _check_ids(file: str, spec: Genes, ids: pd.Series, specimens: NDArray[np.str_], problems: Problems) -> None:
    if spec.orientation == "rows" or _is_h5ad(spec):
        check_ids(file, spec.specimen, ids, specimens, problems)
        return
    for name in ids[ids.duplicated() | ~ids.isin(specimens)]:
        said = "is no specimen of the specimen table, or repeats"
        problems.add(file, 0, f"column {name}", "", said, "Take it out.")


def _table(spec: Genes, home: Path, usual: str, problems: Problems) -> _Table:
    path = home / spec.table
    raw = read_number_table(
        path,
        spec.separator,
        spec.encoding,
        "genes",
        dtype={spec.specimen: str},
        decimal=spec.decimal,
        na_values=["", *spec.missing],
        keep_default_na=False,
        low_memory=False,
    )
    require(path.name, raw, spec, {"specimen": spec.specimen}, usual)
    keys = raw.pop(spec.specimen)
    rows = keys.astype(object).where(keys.notna(), "").astype(str).str.strip()
    columns, turned = pd.Series(raw.columns.str.strip()), spec.orientation == "columns"
    table = NumberTable(raw, spec.decimal, spec.missing)
    for count, bad in enumerate(table.wrong_cells()):
        one, other = rows.iloc[bad.row], columns.iloc[bad.column]
        gene, specimen = (one, other) if turned else (other, one)
        if count == _MOST_CELLS:
            problems.add(path.name, 0, "", "", f"has more such cells than the first {count:,}", "Check decimal.")
            break
        problems.add(path.name, 0, f"{gene} of {specimen}", bad.cell, bad.wrong, bad.remedy)
    turned_table = _Table(columns, pd.Index(rows), table.values.T)
    return turned_table if turned else _Table(rows, pd.Index(columns), table.values)


def _h5ad(spec: Genes, home: Path, problems: Problems) -> _Table:
    """Read an .h5ad file; specimens are the observations, or the values of an observation column of that name."""
    data = open_h5ad(home / spec.table)
    observed = data.obs[spec.specimen] if spec.specimen in data.obs else data.obs.index.to_series()
    values = np.asarray(dense(data, spec.layer), dtype=np.float64)
    ids = pd.Series(observed.astype(str).to_numpy(), index=range(1, len(observed) + 1))
    names = pd.Index(data.var_names.astype(str))
    for row, column in np.argwhere(~np.isfinite(values))[:_MOST_CELLS]:
        place, remedy = f"{names[column]} of {ids.iloc[row]}", "Impute it, or leave the specimen out of the file."
        problems.add(Path(spec.table).name, 0, place, values[row, column], "is no finite number", remedy)
    return _Table(ids, names, values)


def _check_range(file: str, table: _Table, transform: str, problems: Problems) -> None:
    """Add a problem for values that the transform or 32 bits cannot hold."""
    negative = (table.values < 0) & (transform != "none")
    remedy = f'transform = "{transform}" is for counts; write "none" where the values are logarithms.'
    for row, column in np.argwhere(negative)[:_MOST_CELLS]:
        place = f"{table.names[column]} of {table.ids.iloc[row]}"
        problems.add(file, 0, place, f"{table.values[row, column]:g}", "is negative", remedy)
    for row, column in np.argwhere(np.isfinite(table.values) & (np.abs(table.values) > _HIGHEST))[:_MOST_CELLS]:
        place = f"{table.names[column]} of {table.ids.iloc[row]}"
        problems.add(file, 0, place, f"{table.values[row, column]:g}", "is too large for 32 bits", "Correct it.")


def _transformed(values: NDArray[np.float64], spec: Genes) -> NDArray[np.float64]:
    """Apply what acts on each specimen alone; all values are finite and fit."""
    if spec.transform == "log2p1":
        return np.log2(values + 1)
    if spec.transform == "log1p-cp10k":
        total = values.sum(axis=1, keepdims=True)
        return np.log1p(values * 1e4 / np.where(total > 0, total, 1))
    return values


def _is_h5ad(spec: Genes) -> bool:
    return spec.table.lower().endswith(".h5ad")


def _sets(path: Path, names: pd.Index, problems: Problems) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return gene sets cut to the measured genes, and a note of those that keep none and are left out."""
    known, read = set(names), read_gmt(path)
    cut = {name: tuple(g for g in genes if g in known) for name, genes in read.items()}
    kept = {name: genes for name, genes in cut.items() if genes}
    if not kept:
        theirs, ours = next(iter(read.values()))[0], str(names[0])
        said = f"none of its {len(read)} gene sets has a gene of the table: it says {theirs}, the table {ours}"
        problems.add(
            path.name, 0, "", "", said, "Name genes alike in both (symbols or Ensembl ids), or take sets away."
        )
    lost = [name for name in cut if name not in kept]
    told = f"{len(lost)} of {len(read)} gene sets have no measured gene, left out: {', '.join(lost[:_SHOWN])}"
    return kept, (told,) if lost else ()
