"""The character that parts the fields of a table: another than the declared one is told, with the decimal mark."""

from __future__ import annotations

import csv
import re
from itertools import islice
from pathlib import Path

from datasets.errors import CohortError
from datasets.read.table_bytes import written

_SEPARATORS = (";", "\t", "|", ",")
_NAMES = {"\t": "tabs"}
_SEEN = 20  # rows
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")


def other_separator(header: list[str], separator: str) -> str | None:
    """Return the character that seems to separate the columns of a table that has only one, or None."""
    if len(header) != 1:
        return None
    return next((mark for mark in _SEPARATORS if mark != separator and mark in header[0]), None)


def check_separator(path: Path, text: str, separator: str, section: str) -> None:
    """Refuse a table whose first rows are parted evenly by another character, and not by the declared one.

    Raises:
        CohortError: Naming the keys to write in the section.
    """
    if len(set(map(len, _rows(text, separator)))) == 1 and len(_rows(text, separator)[0]) > 1:
        return
    parted = {mark: rows for mark in _SEPARATORS if mark != separator and (rows := _rows(text, mark))}
    even = {mark: rows for mark, rows in parted.items() if len(set(map(len, rows))) == 1 and len(rows[0]) > 1}
    if not even:
        return
    mark = max(even, key=lambda other: len(even[other][0]))
    commas = mark != "," and any(_DECIMAL_COMMA.fullmatch(cell.strip()) for row in even[mark][1:] for cell in row)
    remedy = written("separator", mark, section, *([("decimal", ",")] if commas else []))
    raise CohortError(path.name, f"fields seem to be parted by {_NAMES.get(mark, repr(mark))}", remedy=remedy)


def _rows(text: str, separator: str) -> list[list[str]]:
    """Return the fields of the first rows that are not blank; none where they cannot be read."""
    try:
        lines = islice((line for line in text.splitlines() if line.strip()), _SEEN)
        return [row for row in csv.reader(lines, delimiter=separator) if any(map(str.strip, row))]
    except csv.Error:  # a field that is too long: told by who reads the whole
        return []
