"""Delimited text as it stands: every row with its line of the file; what a parser would hide is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from datasets.errors import CohortError
from datasets.read.separators import check_separator
from datasets.read.table_bytes import decoded

_SEEN = 50  # rows of a large table that are looked at before the parser
_QUOTES = 'Is there a lone " in it? Take it away, or write "" for one inside of quotes; a cell is one line.'


class Row(NamedTuple):
    """The fields of a row and the line of the file that it stands in."""

    fields: list[str]
    line: int


def read_cells(path: Path, separator: str, encoding: str, section: str = "") -> pd.DataFrame:
    """Return a table with every cell as the text that stands there; the index is the row's line in the file.

    Empty lines, also those of separators alone, are left out. ``section``: of the file that describes the table.

    Raises:
        CohortError: If the file is missing, no text of ``encoding`` or no table, a row has more or fewer fields than
            the header, or a cell goes on in the next line, as one with a lone quote does.
    """
    text = decoded(path, encoding, section)
    check_separator(path, text, separator, section)
    rows = [row for row in _parsed(path, text, separator) if any(map(str.strip, row.fields))]
    if not rows:
        raise CohortError(path.name, "cannot be read as a table: it is empty")
    header, *body = rows
    for row in body:
        _check_length(path, header.fields, row)
    cells = np.array([row.fields for row in body], dtype=object).reshape(len(body), len(header.fields))
    return pd.DataFrame(cells, index=[row.line for row in body], columns=_named(header.fields), dtype=str)


def read_header(path: Path, separator: str, encoding: str, section: str = "") -> Row:
    """Return the header of a large table after a look for what a faster parser would hide.

    Raises:
        CohortError: As ``read_cells``; without quotes only the first rows are looked at, where a parser would shift
            columns: later ones that are too long are the parser's to refuse.
    """
    text = decoded(path, encoding, section)
    check_separator(path, text, separator, section)
    rows = (row for row in _parsed(path, text, separator) if any(map(str.strip, row.fields)))
    header = next(rows, None)
    if header is None:
        raise CohortError(path.name, "cannot be read as a table: it is empty")
    for row in rows if '"' in text else islice(rows, _SEEN):
        if len(row.fields) > len(header.fields):
            _check_length(path, header.fields, row)
    return header


def _check_length(path: Path, header: list[str], row: Row) -> None:
    if len(row.fields) == len(header):
        return
    said = f"row {row.line} has {len(row.fields)} fields, the header {len(header)}"
    longer = "Do the rows end in a separator? Take it away." if not row.fields[-1] else _separator_within(row)
    remedy = longer if len(row.fields) > len(header) else "Write every separator, also of empty cells at the end."
    raise CohortError(path.name, said, remedy=remedy)


def _separator_within(row: Row) -> str:
    return f'Is there a separator within a cell? Write "..." around it; the row begins with {row.fields[0]!r}.'


def _named(header: list[str]) -> list[str]:
    """Name columns without a header by their place, as pandas does."""
    return [name or f"Unnamed: {i}" for i, name in enumerate(header)]


def _parsed(path: Path, text: str, separator: str) -> Iterator[Row]:
    """Yield the fields of each row and the line it stands in; [] for an empty line."""
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=separator), 0
    try:
        for fields in reader:
            if reader.line_num != line + 1:
                raise CohortError(path.name, f"row {line + 1} goes on until line {reader.line_num}", remedy=_QUOTES)
            line = reader.line_num
            yield Row(fields, line)
    except csv.Error as error:
        raise CohortError(path.name, f"row {line + 1} cannot be read: {error}", remedy=_QUOTES) from error
