"""A user's clinical columns: numbers in the unit that entries expect, and categories, every problem with its row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.nearest import did_you_mean
from datasets.own.cohort_file import Clinical, Column
from datasets.own.numbers import parse_number
from datasets.own.problems import Problems
from datasets.own.tables import by_row, check_ids, open_table, require
from datasets.own.unit_slips import check_possible
from datasets.read import KNOWN, UnitError, factor, known_unit, spelled


def read_clinical(
    spec: Clinical,
    fallback: str,
    specimens: NDArray[np.str_],
    taken: Mapping[str, str],
    home: Path,
    problems: Problems,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return one row a specimen, in order, and the unit of each numeric column.

    Declared units are converted to those of ``datasets.read.units.KNOWN`` where the name is known. ``taken`` has the
    headers that are no inputs, by what they say: label, patient and the like.
    """
    file, raw = open_table(spec, home, fallback)
    headers = {name: column.column or name for name, column in spec.columns.items()}
    keys = {f"columns.{name}": header for name, header in headers.items()}
    require(file, raw, spec, {"specimen": spec.specimen, **keys}, taken.get("specimen", ""))
    _check_names(file, headers, {**taken, "specimen id": spec.specimen}, spec, problems)
    check_ids(file, spec.specimen, raw[spec.specimen], specimens, problems)
    units = {name: _unit(name, column, problems) for name, column in spec.columns.items() if not column.categories}
    parsed: dict[str, NDArray[np.float64] | pd.Categorical] = {}
    for name, column in spec.columns.items():
        text = raw[headers[name]].where(~raw[headers[name]].isin(spec.missing), "")
        if (text == "").all():
            remedy = "Check missing, or leave the column out of [clinical.columns]."
            problems.add(file, 0, headers[name], "", "has no value in any row", remedy)
        if column.categories:
            parsed[name] = _categories(file, headers[name], text, column.categories, problems)
        else:
            parsed[name] = _numbers(file, name, headers[name], text, column, spec.decimal, problems)
    table = pd.DataFrame(parsed, index=raw[spec.specimen])
    return table[~table.index.duplicated()].reindex(specimens).reset_index(drop=True), units


def _check_names(
    file: str, headers: Mapping[str, str], taken: Mapping[str, str], spec: Clinical, problems: Problems
) -> None:
    """Add a problem for a column that is no input, and for a name that differs from a known one by case alone."""
    for name, header in headers.items():
        for meaning in [meaning for meaning, other in taken.items() if other == header][:1]:
            problems.add(file, 0, header, "", f"is the {meaning}, not an input", "Leave it out of [clinical.columns].")
        known = name.casefold()
        if name not in KNOWN and known in KNOWN and not spec.columns[name].categories:
            remedy = f'Write {known} = {{ column = "{header}", unit = ... }}, or use a name of your own.'
            problems.add(file, 0, name, "", f"is nearly the known name {known}, but would not be converted", remedy)


def _unit(name: str, column: Column, problems: Problems) -> str:
    unit = column.unit or ""
    target = known_unit(name, unit)
    try:
        factor(unit, target)
    except UnitError as error:
        remedy = f"Give the values in {target}, or use another name than {name}."
        problems.add_key(f"clinical.columns.{name}.unit", unit, str(error).removeprefix(repr(unit)), remedy)
    return target


def _categories(file: str, header: str, text: pd.Series, known: tuple[str, ...], problems: Problems) -> pd.Categorical:
    text = spelled(text, known, capitals=False)
    for row, cell in by_row(text[~text.isin([*known, ""])]):
        problems.add(file, row, header, cell, "is an unknown category", _meant(cell, known))
    return pd.Categorical(text.where(text.isin(known)), list(known))


def _meant(cell: str, known: tuple[str, ...]) -> str:
    """Return the nearest category; a word may mean the only one that is its first letter, as male means m."""
    first = [word for word in known if len(word) == 1 and word.casefold() == cell[:1].casefold()]
    told = did_you_mean(cell, known)
    return f"Did you mean {first[0]!r}? {told}" if len(first) == 1 and told.startswith("Known") else told


def _numbers(
    file: str, name: str, header: str, text: pd.Series, column: Column, decimal: str, problems: Problems
) -> NDArray[np.float64]:
    unit = column.unit or ""
    scale = _scale(name, unit)
    values = np.full(len(text), np.nan)
    if math.isnan(scale):
        return values
    for place, (row, cell) in enumerate(by_row(text)):
        if not cell:
            continue
        number, wrong, remedy = parse_number(cell, decimal, column.limits)
        values[place] = number
        if wrong:
            problems.add(file, row, header, cell, wrong, remedy)
    check_possible(file, name, header, text, values, unit, scale, problems)
    return values * scale


def _scale(name: str, unit: str) -> float:
    try:
        return factor(unit, known_unit(name, unit))
    except UnitError:  # already told, once for the column
        return math.nan
