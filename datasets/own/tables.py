"""A user's tables: read as text, parsed value by value, every problem named with its row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel

from datasets.errors import CohortError
from datasets.nearest import did_you_mean, listing, nearest
from datasets.own.cohort_file import Specimens, TableFile
from datasets.own.problems import Problems
from datasets.own.similar_classes import nearly_classes, nearly_remedy
from datasets.read import codes, is_parquet, other_separator, read_cells, read_header, read_parquet, spelled, written

STRANGER = "is no specimen of the specimen table"
STRANGER_REMEDY = "Add it there, or correct the id."
_OF_TABLES = ("in-domain", "all shifted", "worst domain")
_SAID = ("specimen", "patient", "domain", "label", "era")


def read_text_table(path: Path, separator: str, encoding: str, section: str = "") -> pd.DataFrame:
    """Return a CSV or Parquet table with every value as stripped text, "" where empty.

    The index is the row's line in the file, its number in a Parquet file. ``section``: of the cohort.toml, for errors.

    Raises:
        CohortError: If the file is missing, is no such table, or two columns have one name.
    """
    if is_parquet(path):
        table = read_parquet(path)
        table = table.astype(object).where(table.notna(), "").astype(str)
    else:
        table = read_cells(path, separator, encoding, section)
        _check_header(path, list(map(str, table)), separator, section)
    return table.apply(lambda column: column.str.strip())


def read_number_table(path: Path, separator: str, encoding: str, section: str = "", **options: Any) -> pd.DataFrame:
    """Return a large CSV or Parquet table as pandas reads it; ``options`` are those of ``pandas.read_csv``.

    The index is as that of ``read_text_table``.

    Raises:
        CohortError: If the file is missing, is no such table, or two columns have one name.
    """
    if is_parquet(path):
        return read_parquet(path)
    header = read_header(path, separator, encoding, section)
    _check_header(path, header.fields, separator, section)
    lines: dict[str, Any] = {"header": header.line - 1, "skip_blank_lines": False}
    try:
        table = pd.read_csv(path, sep=separator, encoding=encoding, index_col=False, **lines, **options)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, OverflowError) as error:
        raise CohortError(path.name, f"is no readable table: {error}") from error
    table.index = pd.RangeIndex(header.line + 1, header.line + 1 + len(table))
    return table.dropna(how="all")


def _check_header(path: Path, header: list[str], separator: str, section: str) -> None:
    mark = other_separator(header, separator)
    if mark is not None:
        said = f"has one column, {header[0]!r}"
        raise CohortError(path.name, said, remedy=written("separator", mark, section))
    twice = sorted({name for name, times in Counter(header).items() if times > 1 and name})
    if twice:
        raise CohortError(path.name, "has columns of one name", twice, "Rename or remove all but one.")


def open_table(spec: TableFile, home: Path, fallback: str) -> tuple[str, pd.DataFrame]:
    """Return the file's name and its text table."""
    path = home / (spec.table or fallback)
    return path.name, read_text_table(path, spec.separator, spec.encoding, type(spec).__name__.lower())


def require(file: str, table: pd.DataFrame, spec: BaseModel, keys: Mapping[str, str], usual: str = "") -> None:
    """Refuse a table that lacks a column, or has no row.

    Args:
        file: Name of the file.
        table: What stands in it.
        spec: Section of the cohort.toml that names the columns.
        keys: Key of the section -> the header that it names.
        usual: Header of the ids in the specimen table, which a section that names none may have meant.

    Raises:
        CohortError: Naming the keys, the columns that they may mean, and all that there are.
    """
    lacking = {key: header for key, header in keys.items() if header not in table}
    if table.empty and not lacking:
        raise CohortError(file, "has a header but no row", remedy="Fill it, or leave out the part that names it.")
    if not lacking:
        return
    section, headers = type(spec).__name__.lower(), list(map(str, table))
    listed = f"Columns: {listing(headers)}."
    silent = [key for key in lacking if key in type(spec).model_fields and key not in spec.model_fields_set]
    if silent:
        key = silent[0]
        meant = [usual] if usual in headers else nearest(key, headers)
        said = f'has no column "{lacking[key]}", and {section}.{key} is not given'
        remedy = written(key, meant[0] if meant else "header of its column", section)
        raise CohortError(file, said, remedy=remedy if meant else f"{remedy} {listed}")
    told = [f'"{header}" ({section}.{key}{_question(header, headers)})' for key, header in lacking.items()]
    word = "column" if len(told) == 1 else "columns"
    raise CohortError(
        file, f"lacks {word} {', '.join(told)}", remedy=f"{listed} Name the right ones in the cohort.toml."
    )


def _question(header: str, headers: Sequence[str]) -> str:
    near = nearest(header, headers)
    return f"; did you mean {' or '.join(map(json.dumps, near))}?" if near else ""


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
    given = headers_of(spec)
    for name in ("specimen", "label"):
        if name not in given:
            raise CohortError(f"specimens.{name}", "names no column", remedy=f'Write {name} = "header of its column".')
    file, raw = open_table(spec, home, "")
    require(file, raw, spec, given)
    table = pd.DataFrame({name: raw[column] for name, column in given.items()})
    table["label"] = spelled(table["label"], classes, capitals=False) if classes else codes(table["label"])
    for name, header in given.items():
        blank = table[name].isin(["", *spec.missing])
        remedy = "Label it or leave the row out." if name == "label" else "Give every specimen one; none is invented."
        _add_rows(problems, file, header, table[name][blank], "is blank", remedy)
    if "domain" in table:
        taken = table["domain"][table["domain"].isin(_OF_TABLES)]
        _add_rows(problems, file, spec.domain, taken, "is a name that every table uses", "Call the domain otherwise.")
    again = table["specimen"].duplicated() & (table["specimen"] != "")
    _add_rows(problems, file, spec.specimen, table["specimen"][again], "occurs before", "Ids are unique.")
    if classes:
        strange = table["label"][~table["label"].isin([*classes, "", *spec.missing])]
        for row, label in by_row(strange):
            problems.add(file, row, spec.label, label, "is an unknown label", did_you_mean(label, classes))
    else:
        for label, usual, _ in nearly_classes(table["label"]):
            same = table["label"][table["label"] == label]
            remedy = nearly_remedy(usual, "Correct it")
            _add_rows(problems, file, spec.label, same, f"is nearly the class {usual}", remedy)
    if one_label and "patient" in table:
        _check_patients(file, spec, table, problems)
    return table


def by_row(cells: pd.Series) -> Iterable[tuple[int, str]]:
    """Return each cell of a column with its row in the file."""
    return zip(cells.index.tolist(), cells.tolist(), strict=True)


def _add_rows(problems: Problems, file: str, header: str, cells: pd.Series, problem: str, remedy: str) -> None:
    for row, cell in by_row(cells):
        problems.add(file, row, header, cell, problem, remedy)


def _check_patients(file: str, spec: Specimens, table: pd.DataFrame, problems: Problems) -> None:
    """Add a problem for every row whose label is not that of the patient's first row."""
    first: dict[str, tuple[int, str]] = {}
    blank = ("", *spec.missing)
    for row, patient, label in zip(table.index, table["patient"], table["label"], strict=True):
        if patient in blank or label in blank:
            continue
        seen, other = first.setdefault(patient, (row, label))
        if label != other:
            said = f"is another label of patient {patient} than {other!r} in row {seen}"
            problems.add(file, row, spec.label, label, said, 'Correct one, or set target_level = "specimen".')


def check_ids(file: str, header: str, ids: pd.Series, specimens: NDArray[np.str_], problems: Problems) -> None:
    """Add a problem for every repeated id and every one that the specimen table lacks.

    Args:
        file: Name of the file.
        header: Of the column of ids.
        ids: Text; the index has the rows of the file.
        specimens: Ids of the specimen table, str (n,).
        problems: Where they are added.
    """
    _add_rows(problems, file, header, ids[ids.duplicated()], "occurs before", "Keep one row a specimen.")
    _add_rows(problems, file, header, ids[~ids.isin(specimens)], STRANGER, STRANGER_REMEDY)
