"""Read tables of other people: what is wrong is said with file, column and rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from datasets.errors import CohortError
from datasets.read.delimited import read_header

BLANKS = ("", "na", "n/a", "nan", "none", "null", "n.d.", "nd", "unknown", "not available", ".", "?")


def read_text(path: Path, *, sep: str = ",") -> pd.DataFrame:
    """Read a delimited file as text; blanks stay "".

    Raises:
        CohortError: If the file is not there, is empty, is not UTF-8, has ragged rows or a cell of several lines.
    """
    read_header(path, sep, "utf-8")
    try:
        return pd.read_csv(path, sep=sep, dtype=str, keep_default_na=False, na_filter=False, index_col=False)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise CohortError(path.name, f"cannot be read as a table: {error}") from error


def pick(table: pd.DataFrame, headers: Mapping[str, str], place: str) -> pd.DataFrame:
    """Return the columns ``headers`` (our name -> theirs) under our names, stripped text.

    Raises:
        CohortError: If a column is missing; the message lists those that are there.
    """
    missing = [h for h in headers.values() if h not in table]
    if missing:
        raise CohortError(place, f"lacks columns {missing}; has {_short([str(c) for c in table])}")
    return pd.DataFrame({name: text(table[header]) for name, header in headers.items()})


def text(column: pd.Series) -> pd.Series:
    """Return stripped text, "" where the value is missing."""
    return column.astype(object).where(column.notna(), "").astype(str).str.strip()


def unique_ids(ids: ArrayLike, place: str) -> NDArray[np.str_]:
    """Return ids as str (n,).

    Raises:
        CohortError: If an id is empty or occurs twice.
    """
    values = pd.Series(np.asarray(ids, dtype=object)).astype(str).str.strip()
    if (values == "").any():
        raise CohortError(place, "is empty in some rows", rows(values == ""), "Give every row an id.")
    if values.duplicated().any():
        raise CohortError(place, "ids occur more than once", values[values.duplicated()].unique().tolist())
    return values.to_numpy(np.str_)


def numbers(column: pd.Series, place: str, ids: ArrayLike | None = None) -> pd.Series:
    """Return float64; blanks and words such as NA are NaN, a decimal comma is read as a point.

    Args:
        column: Text or numbers.
        place: File and column, for the message.
        ids: What to call the rows; default: line numbers of a file with one header line.

    Raises:
        CohortError: If a value is no finite number.
    """
    shown = text(column)
    blank = shown.str.lower().isin(BLANKS)
    bare = shown.str.replace(r"^([-+]?\d+),(\d+)$", r"\1.\2", regex=True).where(~blank)
    values = pd.to_numeric(bare, errors="coerce").astype(float)
    bad = (values.isna() & ~blank) | np.isinf(values)
    if bad.any():
        names = rows(bad) if ids is None else list(np.asarray(ids, dtype=object)[bad.to_numpy()])
        what = [f"{name} has {value!r}" for name, value in zip(names, shown[bad], strict=True)]
        raise CohortError(place, "is no number", what, "Correct it or leave it empty.")
    return values


def matrix(table: pd.DataFrame, place: str) -> NDArray[np.float64]:
    """Return a table of numbers without holes, float64 (rows, columns).

    Raises:
        CohortError: Naming the first column with a blank or a word, and its lines in the file.
    """
    try:
        values = table.to_numpy(dtype=np.float64)
    except ValueError:
        values = np.column_stack([numbers(table[c], f"{place}: {c}") for c in table])
    if not np.isfinite(values).all():
        column = int(np.flatnonzero(~np.isfinite(values).all(axis=0))[0])
        lines = rows(pd.Series(~np.isfinite(values[:, column])))
        raise CohortError(f"{place}: {table.columns[column]}", "is empty in some lines", lines, "Complete the file.")
    return values


def labels(
    column: pd.Series, classes: Mapping[str, int], place: str, ids: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Return class positions, int64 (n,).

    Raises:
        CohortError: If a value is not in ``classes``.
    """
    shown = text(column)
    bad = ~shown.isin(list(classes))
    if bad.any():
        names = rows(bad) if ids is None else list(np.asarray(ids, dtype=object)[bad.to_numpy()])
        raise CohortError(place, f"unknown {sorted(set(shown[bad]))}", names, f"Known: {', '.join(classes)}.")
    return np.array([classes[name] for name in shown], dtype=np.int64)


def rows(mask: pd.Series) -> list[str]:
    """Return the lines of a file with one header line where ``mask`` holds."""
    return [f"line {i + 2}" for i in np.flatnonzero(mask.to_numpy())]


def _short(names: list[str], shown: int = 30) -> str:
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")
