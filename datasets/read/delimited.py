"""The beginning of a delimited file as it stands, before a parser renames headers or shifts columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from datasets.errors import CohortError

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SEPARATORS = (";", "\t", "|", ",")


class _Row(NamedTuple):
    fields: list[str]
    line: int


def read_header(path: Path, separator: str, encoding: str) -> list[str]:
    """Return the headers, after a check that the first row of data has no more fields than there are headers.

    A parser takes the first column for row names when every row has a field too many, and so shifts all others.
    Rows that are longer than the first one are the parser's to refuse.

    Raises:
        CohortError: If the file is missing, empty or in another encoding, or its first row has too many fields.
    """
    try:
        rows = list(islice(_rows(path, separator, encoding), 2))
    except FileNotFoundError:
        raise CohortError(path.name, f"is not in {path.parent}") from None
    except UnicodeError as error:
        raise wrong_encoding(path, encoding, error) from error
    except LookupError as error:
        raise CohortError(path.name, f"{error}", remedy='Name a known one, as in encoding = "cp1252".') from error
    except (csv.Error, OSError) as error:
        raise CohortError(path.name, f"cannot be read as a table: {error}") from error
    if not rows:
        raise CohortError(path.name, "cannot be read as a table: it is empty")
    header = rows[0].fields
    if len(rows) == 2 and len(rows[1].fields) > len(header):
        said = f"row {rows[1].line} has {len(rows[1].fields)} fields, the header {len(header)}"
        raise CohortError(path.name, said, remedy="Do the rows end in a separator? Take it away.")
    return header


def other_separator(header: list[str], separator: str) -> str | None:
    """Return the character that seems to separate the columns of a table that has only one, or None."""
    if len(header) != 1:
        return None
    return next((mark for mark in _SEPARATORS if mark != separator and mark in header[0]), None)


def wrong_encoding(path: Path, encoding: str, error: UnicodeError) -> CohortError:
    """Return the error of a file whose bytes are not text of ``encoding``, with a guess at the right one."""
    with path.open("rb") as file:
        guess = "utf-16" if file.read(2) in _UTF16 else "cp1252"
    return CohortError(path.name, f"is not {encoding}: {error}", remedy=f'Name it, as in encoding = "{guess}".')


def _rows(path: Path, separator: str, encoding: str) -> Iterator[_Row]:
    plain = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
    with path.open(encoding=plain, newline="") as file:
        reader = csv.reader(file, delimiter=separator)
        for fields in reader:
            if fields:
                yield _Row(fields, reader.line_num)
