"""A column in another unit is one problem with its key; odd values are one a kind."""

import numpy as np
import pandas as pd
import pytest

from datasets.own.problems import Problems, grouped
from datasets.own.unit_slips import check_possible
from datasets.read import KNOWN, factor


def told(name, unit, values):
    """Return the groups of problems of a column."""
    problems, given = Problems(), np.asarray(values, dtype=float)
    text = pd.Series(["" if np.isnan(v) else f"{v:g}" for v in given], index=range(2, len(given) + 2))
    scale = factor(unit, KNOWN[name].unit) if name in KNOWN else 1.0
    check_possible("t.csv", name, "H", text, given, unit, scale, problems)
    return [str(group) for group in grouped(problems.found)]


@pytest.mark.parametrize(
    ("name", "unit", "usual", "bounds", "meant"),
    [
        ("hb", "g/dL", 90, "2 to 25 g/dL", "g/L"), ("hb", "g/L", 9, "20 to 250 g/L", "g/dL"),
        ("mchc", "g/L", 33, "200 to 450 g/L", "g/dL"), ("platelets", "10^9/L", 90_000, "1 to 3000 10^9/L", "/uL"),
        ("wbc", "/uL", 5, "50 to 1e+06 /uL", "10^9/L"), ("wbc", "K/uL", 5200, "0.05 to 1000 K/uL", "/uL"),
        ("fibrinogen", "g/L", 250, "0.1 to 15 g/L", "mg/dL"), ("fibrinogen", "mg/dL", 2.5, "10 to 1500 mg/dL", "g/L"),
        ("prothrombin_ratio", "%", 0.9, "5 to 150 %", "fraction"),
        ("lymphocytes_pct", "fraction", 30, "0 to 1 fraction", "%"),
    ],
)  # fmt: skip
def test_a_whole_column_in_another_unit_is_one_problem_with_its_key(name, unit, usual, bounds, meant):
    values = usual * np.linspace(0.9, 1.1, 60)
    values[7] = np.nan
    assert told(name, unit, values) == [
        f"t.csv, H: all 59 values lie outside {bounds}, as if they were given in {meant}. "
        f'Write unit = "{meant}" in clinical.columns.{name}.'
    ]


def test_values_that_are_possible_in_both_units_hide_no_slip():
    values = [1200, 800, 5000, 650, 9000, 30_000, 2000, 100]  # leukocytes in /uL; three would be possible in 10^9/L
    assert told("wbc", "10^9/L", values) == [
        "t.csv, H: 5 of 8 values lie outside 0.05 to 1000 10^9/L, as if they were given in /uL. "
        'Write unit = "/uL" in clinical.columns.wbc.'
    ]


def test_what_is_impossible_in_the_other_unit_too_keeps_its_row():
    column, odd = told("hb", "g/dL", [90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 9999])
    assert column.startswith("t.csv, H: all 11 values lie outside 2 to 25 g/dL, as if they were given in g/L.")
    assert odd == "t.csv row 12, H: '9999' is impossible, outside 2 to 25 g/dL. Correct it, or leave it empty."


def test_mass_is_recognised_but_not_converted():
    assert told("creatinine", "umol/L", [0.8, 0.9, 1.1, 1.3]) == [
        "t.csv, H: all 4 values lie outside 5 to 3000 umol/L, as if they were given in mg/dL. "
        "Give them in umol/L (clinical.columns.creatinine.unit): mg/dL is not converted."
    ]


def test_single_odd_values_of_one_kind_are_one_problem():
    values = [9, 92, 10, 110, 8, 71, 9.5, 95, 12, 11, 10, 9, 900]
    assert told("hb", "g/dL", values) == [
        "t.csv 4 rows, first 3, 5, 7, H: 92, 110, 71 … is impossible, outside 2 to 25 g/dL; in g/L it would not be. "
        "Correct it, or leave it empty.",
        "t.csv row 14, H: '900' is impossible, outside 2 to 25 g/dL. Correct it, or leave it empty.",
    ]


@pytest.mark.parametrize("values", [[92, 93], [92]])
def test_two_values_are_no_column(values):
    assert "in g/L it would not be" in told("hb", "g/dL", values)[0]


def test_a_column_that_no_unit_explains_is_one_kind():
    assert told("mcv", "fL", [5, 6, 7, 8]) == [
        "t.csv 4 rows, first 2, 3, 4, H: 5, 6, 7 … is impossible, outside 50 to 150 fL; times 10 it would not be. "
        "Correct it, or leave it empty."
    ]


def test_possible_values_and_other_names_are_no_problem():
    assert told("hb", "g/dL", [9, np.nan, 14]) == [] == told("height", "cm", [-5, 1e9, 0])
