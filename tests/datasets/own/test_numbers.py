"""A user's numbers cell by cell."""

import math

import numpy as np
import pandas as pd
import pytest

from datasets.own.numbers import NumberTable, WrongCell, parse_number

BLANK = ("is blank", "Impute it, or leave the specimen out of the table.")
NONE = ("is no number", "Correct it, leave it empty, or name the text in missing.")
LIMIT = ("is a limit, not a number", "Set limits = true to read limits as their value.")


def mark(other, decimal):
    return f"has {other!r} where the decimal mark is {decimal!r}", f'Set decimal = "{other}" if it is one.'


@pytest.mark.parametrize(
    ("cell", "decimal", "limits", "value"),
    [
        ("12", ".", False, 12), ("1,5", ",", False, 1.5), ("-1,5e3", ",", False, -1500), ("<10", ".", True, 10),
        ("> 1000", ".", True, 1000), ("≤0,5", ",", True, 0.5), ("≥ 7", ".", True, 7), ("=3", ".", True, 3),
        ("4", ".", True, 4), (".5", ".", False, 0.5), ("5.", ".", False, 5), ("1E+2", ".", False, 100),
    ],
)  # fmt: skip
def test_a_number_is_read_in_its_form(cell, decimal, limits, value):
    assert parse_number(cell, decimal, limits=limits) == (value, "", "")


@pytest.mark.parametrize(
    ("cell", "decimal", "limits", "told"),
    [
        ("1,5", ".", False, mark(",", ".")), ("-1,5", ".", False, mark(",", ".")), ("1.5", ",", False, mark(".", ",")),
        ("<1.5", ",", True, mark(".", ",")), ("1,5,0", ".", False, NONE), ("1,x", ".", False, NONE),
        ("<10", ".", False, LIMIT), ("≥x", ".", False, LIMIT), ("<x", ".", True, NONE), ("", ".", False, LIMIT),
        ("1e999", ".", False, ("is not finite", "Leave it empty.")), ("x", ".", False, NONE), ("1e", ".", False, NONE),
    ],
)  # fmt: skip
def test_what_is_none_is_told_with_a_remedy(cell, decimal, limits, told):
    number, *said = parse_number(cell, decimal, limits=limits)
    assert math.isnan(number) and (tuple(said) == told or not cell)


def test_wrong_cells_of_a_table_are_told_row_by_row():
    table = pd.DataFrame(
        {
            "a": [1.5, np.inf, 3],
            "b": ["1,5", " 2 ", "n.d."],
            "c": pd.array([4, None, 6], "Int64"),
            "d": [True, False, True],
            "e": pd.array(["7", None, "<8"], "string"),
        }
    )
    numbers = NumberTable(table, ",", ("n.d.", "NA"))
    np.testing.assert_array_equal(
        numbers.values, [[1.5, 1.5, 4, np.nan, 7], [np.inf, 2, np.nan, np.nan, np.nan], [3, np.nan, 6, np.nan, np.nan]]
    )
    assert list(numbers.wrong_cells()) == [
        WrongCell(0, 3, "True", *NONE), WrongCell(1, 0, "inf", *NONE), WrongCell(1, 2, "", *BLANK),
        WrongCell(1, 3, "False", *NONE), WrongCell(1, 4, "", *BLANK), WrongCell(2, 1, "", *BLANK),
        WrongCell(2, 3, "True", *NONE), WrongCell(2, 4, "<8", *LIMIT),
    ]  # fmt: skip
