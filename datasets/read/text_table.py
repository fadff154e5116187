"""Read tables of other people: what is wrong is said with file, column and rows."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from datasets.errors import CohortError
from datasets.plain_file import read_bytes
from datasets.read.codes import known_codes, named_rows, text
from datasets.read.delimited import read_header

BLANKS = (
    "", "na", "<na>", "n/a", "n.a.", "#n/a", "nan", "none", "null", "n.d.", "nd", "unknown", "not available", ".", "?"
)  # fmt: skip


def read_text(path: Path, *, sep: str = ",") -> pd.DataFrame:
    """Read a delimited file as text; blanks stay "", blank rows at the end are left out.

    Bytes that are not UTF-8 are read as UTF-16 where the file says so, else as Windows-1252: public tables pass through
    spreadsheets, and what is read wrongly is no known header or code, which is an error.

    Raises:
        CohortError: If the file is not there, is empty, has ragged rows or a cell of several lines.
    """
    encoding = _encoding(path)
    read_header(path, sep, encoding)
    try:
        table = pd.read_csv(path, sep=sep, dtype=str, na_filter=False, index_col=False, encoding=encoding)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeError) as error:
        raise CohortError(path.name, f"cannot be read as a table: {error}") from error
    kept = len(table)
    while kept and (table.iloc[kept - 1].str.strip() == "").all():
        kept -= 1
    return table.iloc[:kept].rename(columns=str.strip)


def _encoding(path: Path) -> str:
    content = read_bytes(path)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        content.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def pick(table: pd.DataFrame, headers: Mapping[str, str], place: str) -> pd.DataFrame:
    """Return the columns ``headers`` (our name -> theirs) under our names, stripped text.

    Raises:
        CohortError: If a column is missing; the message lists those that are there.
    """
    missing = [h for h in headers.values() if h not in table]
    if missing:
        raise CohortError(place, f"lacks columns {missing}; has {_short([str(c) for c in table])}")
    return pd.DataFrame({name: text(table[header]) for name, header in headers.items()})


def unique_ids(ids: ArrayLike, place: str) -> NDArray[np.str_]:
    """Return ids as str (n,).

    Raises:
        CohortError: If an id is empty or occurs twice.
    """
    values = pd.Series(np.asarray(ids, dtype=object)).astype(str).str.strip()
    if (values == "").any():
        raise CohortError(place, "is empty in some rows", named_rows(values == ""), "Give every row an id.")
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
        what = [f"{name} has {value!r}" for name, value in zip(named_rows(bad, ids), shown[bad], strict=True)]
        raise CohortError(place, "is no number", what, "Correct it or leave it empty.")
    return values


def category(
    column: pd.Series, meaning: Mapping[str, str], place: str, rows: ArrayLike | None = None
) -> pd.Categorical:
    """Return what the codes of a column mean; blanks and words such as NA are missing.

    Args:
        column: Text or numbers.
        meaning: Code -> category, in the order of the categories.
        place: File and column, for the message.
        rows: What to call the rows; default: line numbers of a file with one header line.

    Raises:
        CohortError: If a value is no code that is known.
    """
    shown = text(column)
    found = known_codes(shown.where(~shown.str.lower().isin(BLANKS), ""), (*meaning, ""), place, rows)
    categories: list[object] = list(dict.fromkeys(meaning.values()))
    return pd.Categorical(found.map(meaning), categories)


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
        lines = named_rows(pd.Series(~np.isfinite(values[:, column])))
        raise CohortError(f"{place}: {table.columns[column]}", "is empty in some lines", lines, "Complete the file.")
    return values


def _short(names: list[str], shown: int = 30) -> str:
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")
