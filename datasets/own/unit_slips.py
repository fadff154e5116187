"""Impossible values of a user's column: a whole column in another unit is one problem, odd values are one a kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.own.possible_values import bounds, impossible, is_converted, possible, units_of
from datasets.own.problems import Problems
from datasets.own.tables import by_row
from datasets.read import KNOWN

_FEWEST = 3  # impossible values that a column of another unit has at least
_MOST = 0.5  # share of its values that are impossible as declared; low counts are possible in two units
_FIT = 0.9  # share that is possible in the other unit; a few more may be wrong


def check_possible(
    file: str,
    name: str,
    header: str,
    text: pd.Series,
    values: NDArray[np.float64],
    unit: str,
    scale: float,
    problems: Problems,
) -> None:
    """Add what is wrong with values that no living person has.

    Args:
        file: Name of the file.
        name: Of the variable.
        header: Of its column.
        text: Cells; the index has the rows of the file.
        values: Their numbers as they stand there, NaN where there is none.
        unit: That was declared.
        scale: What turns a value into the unit of ``KNOWN``.
        problems: Where they are added.
    """
    odd = ~np.isnan(values) & ~possible(name, values * scale)
    if not odd.any():
        return
    other = _unit_of_all(name, values, odd, scale)
    if other:
        all_of = f"all {odd.sum()}" if odd.sum() == _count(values) else f"{odd.sum()} of {_count(values)}"
        said = f"{all_of} values lie outside {bounds(name, unit, scale)}, as if they were given in {other}"
        problems.add(file, 0, header, "", said, _remedy(name, other))
        odd &= ~possible(name, values * units_of(name)[other])
    for place, (row, cell) in enumerate(by_row(text)):
        if odd[place]:
            said = impossible(name, values[place], unit, scale) or ""
            problems.add(file, row, header, cell, said, "Correct it, or leave it empty.")


def _count(values: NDArray[np.float64]) -> int:
    return int((~np.isnan(values)).sum())


def _unit_of_all(name: str, values: NDArray[np.float64], odd: NDArray[np.bool_], scale: float) -> str:
    """Return the unit in which a column seems to be given, or "" where single values are odd."""
    if odd.sum() < max(_FEWEST, _MOST * _count(values)):
        return ""
    fits = {
        unit: int(possible(name, values[~np.isnan(values)] * other).sum())
        for unit, other in units_of(name).items()
        if other != scale
    }
    best = max(fits, key=lambda unit: fits[unit], default="")
    return best if best and fits[best] >= _FIT * _count(values) else ""


def _remedy(name: str, unit: str) -> str:
    if is_converted(name, unit):
        return f'Write unit = "{unit}" in clinical.columns.{name}.'
    return f"Give them in {KNOWN[name].unit} (clinical.columns.{name}.unit): {unit} is not converted."
