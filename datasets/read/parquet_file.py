"""Parquet files that users bring: a table of plain values, or a sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from datasets.errors import CohortError
from datasets.plain_file import plain_file, read_bytes
from datasets.read.file_kinds import HEAD, PARQUET, no_text_table

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIX = ".parquet"
_UNNAMED = re.compile(r"__index_level_\d+__")  # where pandas keeps an index: the order of rows, not a value


def is_parquet(path: Path) -> bool:
    """Return whether a file holds Parquet, whatever it is called.

    Raises:
        CohortError: If it cannot be read, or is called .parquet and holds something else.
    """
    plain_file(path)
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(PARQUET):
        return True
    if path.suffix.lower() == SUFFIX:
        kind = no_text_table(read_bytes(path))
        said = f"is {kind.name}" if kind else "is text" if head else "is empty"
        raise CohortError(
            path.name, f"{said}, not Parquet as its name says", remedy=kind.remedy if kind else "Rename it."
        )
    return False


def read_parquet(path: Path) -> pd.DataFrame:
    """Return the columns of a Parquet file; the index counts rows from 1.

    Raises:
        CohortError: If it is torn, or a column holds lists, records or bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:  # a fourth of the memory for genes
            _check_types(path, file.schema_arrow)
            table = file.read(use_threads=False).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        said = " ".join(str(error).split())
        raise CohortError(path.name, f"cannot be read as Parquet: {said}", remedy="Write it anew.") from error
    table.index = pd.RangeIndex(1, len(table) + 1)
    return table.drop(columns=[name for name in table if _UNNAMED.fullmatch(name)])


def _check_types(path: Path, schema: pa.Schema) -> None:
    from pyarrow import types

    odd = [
        f"{field.name} ({field.type})"
        for field in schema
        if types.is_nested(field.type) or types.is_binary(field.type) or types.is_large_binary(field.type)
    ]
    if odd:
        raise CohortError(path.name, "has columns of lists, records or bytes", odd, "Write one value in a cell.")
    names = list(schema.names)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CohortError(path.name, "has columns of one name", twice, "Rename or remove all but one.")
