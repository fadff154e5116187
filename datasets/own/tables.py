"""A user's tables: read as text, parsed value by value, every problem named with its row."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import CohortError
from datasets.own.cohort_file import Specimens, TableFile
from datasets.own.problems import Problems
from datasets.read import codes, other_separator, read_header, spelled, wrong_encoding

HEADER_ROWS = 2  # the first row of data is row 2 of the file
_SAID = ("specimen", "patient", "domain", "label", "era")


def read_text_table(path: Path, separator: str, encoding: str) -> pd.DataFrame:
    """Return a CSV or Parquet table with every value as stripped text, "" where empty.

    Raises:
        CohortError: If the file is missing, is no such table, or two columns have one name.
    """
    table = read_table(path, separator, encoding, dtype=str, na_filter=False)
    if path.suffix == ".parquet":
        table = table.astype(object).where(table.notna(), "").astype(str)
    return table.apply(lambda column: column.str.strip())


def read_table(path: Path, separator: str, encoding: str, **options: Any) -> pd.DataFrame:
    """Return a CSV or Parquet table as pandas reads it; ``options`` are those of ``pandas.read_csv``.

    Raises:
        CohortError: If the file is missing, is no such table, or two columns have one name.
    """
    if not path.is_file():
        raise CohortError(path.name, f"there is no file {path}")
    if path.suffix != ".parquet":
        _check_header(path, separator, encoding)
    try:
        if path.suffix == ".parquet":
            table = pd.read_parquet(path, use_threads=False, pre_buffer=False)  # a fourth of the memory for genes
        else:
            table = pd.read_csv(path, sep=separator, encoding=encoding, index_col=False, **options)
    except UnicodeDecodeError as error:
        raise wrong_encoding(path, encoding, error) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, OSError) as error:
        raise CohortError(path.name, f"is no readable table: {error}") from error
    table.columns = table.columns.astype(str)
    return table


def _check_header(path: Path, separator: str, encoding: str) -> None:
    header = read_header(path, separator, encoding)
    mark = other_separator(header, separator)
    if mark is not None:
        said = f"has one column, {header[0]!r}"
        raise CohortError(path.name, said, remedy=f"Write separator = {json.dumps(mark)} beside its name.")
    twice = sorted({name for name, times in Counter(header).items() if times > 1 and name})
    if twice:
        raise CohortError(path.name, "has columns of one name", twice, "Rename or remove all but one.")


def open_table(spec: TableFile, home: Path, fallback: str) -> tuple[str, pd.DataFrame]:
    """Return the file's name and its text table."""
    path = home / (spec.table or fallback)
    return path.name, read_text_table(path, spec.separator, spec.encoding)


def require(file: str, table: pd.DataFrame, columns: list[str]) -> None:
    """Refuse a table that lacks a column.

    Raises:
        CohortError: Naming the columns that there are.
    """
    lacking = [column for column in columns if column not in table]
    if lacking:
        raise CohortError(
            file,
            f"lacks columns {lacking}",
            remedy=f"It has {list(table)[:30]}; name the right ones in the cohort.toml.",
        )


def headers_of(spec: Specimens) -> dict[str, str]:
    """Return what the specimen table says besides inputs -> header: specimen, patient, domain, label, era."""
    return {name: header for name in _SAID if (header := getattr(spec, name))}


def read_specimens(
    spec: Specimens, classes: tuple[str, ...], home: Path, problems: Problems, *, one_label: bool
) -> pd.DataFrame:
    """Return columns specimen, patient, domain, label, era as text; problems go to ``problems``.

    Args:
        spec: What the cohort.toml says.
        classes: Known labels; empty means that every label is known.
        home: Folder of the cohort.toml.
        problems: Where blanks, duplicate ids, unknown labels and torn patients are added.
        one_label: Whether a patient has one label.
    """
    if not spec.table:
        raise CohortError("specimens.table", "names no file", remedy='Write table = "specimens.csv".')
    file, raw = open_table(spec, home, "")
    given = headers_of(spec)
    require(file, raw, list(given.values()))
    table = pd.DataFrame({name: raw[column] for name, column in given.items()})
    table["label"] = spelled(table["label"], classes, capitals=False) if classes else codes(table["label"])
    for name in given:
        for row in np.flatnonzero(table[name].isin(["", *spec.missing])):
            remedy = (
                "Give every specimen one; none is invented." if name != "label" else "Label it or leave the row out."
            )
            problems.add(file, int(row) + HEADER_ROWS, given[name], table[name].iloc[row], "is blank", remedy)
    for row in np.flatnonzero(table["specimen"].duplicated() & (table["specimen"] != "")):
        problems.add(
            file, int(row) + HEADER_ROWS, spec.specimen, table["specimen"].iloc[row], "occurs before", "Ids are unique."
        )
    for row in np.flatnonzero(~table["label"].isin([*classes, "", *spec.missing])) if classes else ():
        known = f"Known: {', '.join(classes)}."
        problems.add(file, int(row) + HEADER_ROWS, spec.label, table["label"].iloc[row], "is an unknown label", known)
    if one_label and "patient" in table:
        _check_patients(file, spec, table, problems)
    return table


def _check_patients(file: str, spec: Specimens, table: pd.DataFrame, problems: Problems) -> None:
    """Add a problem for every row whose label is not that of the patient's first row."""
    first: dict[str, tuple[int, str]] = {}
    blank = ("", *spec.missing)
    for row, (patient, label) in enumerate(zip(table["patient"], table["label"], strict=True), start=HEADER_ROWS):
        if patient in blank or label in blank:
            continue
        seen, other = first.setdefault(patient, (row, label))
        if label != other:
            said = f"is another label of patient {patient} than {other!r} in row {seen}"
            problems.add(file, row, spec.label, label, said, 'Correct one, or set target_level = "specimen".')


def check_ids(file: str, header: str, ids: pd.Series, specimens: NDArray[np.str_], problems: Problems) -> None:
    """Add a problem for every repeated id and every one that the specimen table lacks."""
    for row in np.flatnonzero(ids.duplicated()):
        problems.add(file, int(row) + HEADER_ROWS, header, ids.iloc[row], "occurs before", "Keep one row a specimen.")
    for row in np.flatnonzero(~ids.isin(specimens)):
        problems.add(file, int(row) + HEADER_ROWS, header, ids.iloc[row], "is no specimen of the specimen table")
