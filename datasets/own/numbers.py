"""A user's numbers: strict, with what is wrong and what to do about it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class WrongCell(NamedTuple):
    """A cell that holds no number: its row and column (positions), what stands there, what is wrong, what to do."""

    row: int
    column: int
    cell: str
    wrong: str
    remedy: str


class NumberTable:
    """Hold the numbers of a table, float64 (rows, columns), NaN where there is none.

    Columns that pandas read as numbers are taken as they are; the others are parsed cell by cell.

    Args:
        table: As pandas read it.
        decimal: "." or ",".
        missing: Texts that mean "not measured".
    """

    def __init__(self, table: pd.DataFrame, decimal: str, missing: Sequence[str]) -> None:
        self.decimal = decimal
        self.values: NDArray[np.float64] = np.full(table.shape, np.nan)
        self.texts = {
            c: _cells(table.iloc[:, c], missing) for c, kind in enumerate(table.dtypes) if not _is_number(kind)
        }
        numeric = [c for c in range(table.shape[1]) if c not in self.texts]
        self.values[:, numeric] = table.iloc[:, numeric].to_numpy(dtype=np.float64, na_value=np.nan)
        for c, cells in self.texts.items():
            self.values[:, c] = [parse_number(cell, decimal, limits=False)[0] for cell in cells]

    def wrong_cells(self) -> Iterator[WrongCell]:
        """Yield every cell without a finite number, row by row."""
        for row, column in np.argwhere(~np.isfinite(self.values)).tolist():
            value = self.values[row, column]
            cell = self.texts[column][row] if column in self.texts else "" if math.isnan(value) else str(value)
            if cell:
                yield WrongCell(row, column, cell, *parse_number(cell, self.decimal, limits=False)[1:])
            else:
                yield WrongCell(row, column, "", "is blank", "Impute it, or leave the specimen out of the table.")


def _is_number(kind: Any) -> bool:
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def _cells(column: pd.Series, missing: Sequence[str]) -> list[str]:
    text = column.astype(object).where(column.notna(), "").astype(str).str.strip()
    return text.where(~text.isin(missing), "").tolist()


def parse_number(cell: str, decimal: str, limits: bool) -> tuple[float, str, str]:
    """Return the number of a cell, what is wrong with it, and the remedy; both texts are "" when nothing is."""
    body = cell.lstrip("<>≤≥= ") if limits else cell
    other = "." if decimal == "," else ","
    if other in body and body.count(other) == 1 and body.replace(other, "").lstrip("+-").isdigit():
        return (
            math.nan,
            f"has {other!r} where the decimal mark is {decimal!r}",
            f'Set decimal = "{other}" if it is one.',
        )
    plain = body.replace(",", ".") if decimal == "," else body
    if not _NUMBER.fullmatch(plain):
        if cell[:1] in "<>≤≥" and not limits:
            return math.nan, "is a limit, not a number", "Set limits = true to read limits as their value."
        return math.nan, "is no number", "Correct it, leave it empty, or name the text in missing."
    number = float(plain)
    return (number, "", "") if math.isfinite(number) else (math.nan, "is not finite", "Leave it empty.")
