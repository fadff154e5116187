"""A user's clinical columns: values in the units that are known, and each problem with all its words."""

from dataclasses import astuple

import numpy as np
import pytest

from datasets.own.clinical import read_clinical
from datasets.own.cohort_file import Clinical
from datasets.own.problems import Problems

IDS = np.array(["S0", "S1", "S2", "S3"])


def read(home, text, columns, taken=None, **spec):
    (home / "t.csv").write_text(text)
    problems = Problems()
    told = Clinical.model_validate({"columns": columns, **spec})
    table, units = read_clinical(told, "t.csv", IDS, taken or {}, home, problems)
    return table, units, [astuple(problem) for problem in problems.found]


def test_rows_follow_the_specimens_and_values_the_known_units(tmp_path):
    text = "specimen,Hb,sex,x,y\nS3,8.5,m,1,<5\nS0,9,f,NA,7\nS1,,,n.d.,>9\n"
    columns = {
        "hb": {"column": "Hb", "unit": "g/dL"}, "sex": {"categories": ["f", "m"]}, "x": {"unit": ""},
        "y": {"unit": "mm", "limits": True},
    }  # fmt: skip
    table, units, found = read(tmp_path, text, columns, missing=["NA", "n.d."])
    assert found == [] and units == {"hb": "g/L", "x": "", "y": "mm"}
    assert list(table) == ["hb", "sex", "x", "y"] and table.index.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(table["hb"], [90, np.nan, np.nan, 85])
    np.testing.assert_allclose(table["x"], [np.nan, np.nan, np.nan, 1])
    np.testing.assert_allclose(table["y"], [7, 9, np.nan, 5])
    assert table["sex"].cat.categories.tolist() == ["f", "m"] and table["sex"].cat.codes.tolist() == [0, -1, -1, 1]


def test_everything_wrong_is_told_in_order(tmp_path):
    text = "specimen,Hb,sex,who,Age,x\nS0,88,f,P0,,1\nS1,x,q,P1,,2\nS1,9,M,P1,,3\nZ,<9,m,P2,,4\n"
    columns = {
        "hb": {"column": "Hb", "unit": "g/dL"}, "sex": {"categories": ["f", "m"]}, "who": {"unit": ""},
        "HB": {"column": "x", "unit": "g/dL"}, "Age": {"unit": "years"}, "LDH": {"column": "x", "categories": ["1"]},
    }  # fmt: skip
    _, units, found = read(tmp_path, text, columns, {"patient": "who", "label": "who", "domain": "where"})
    assert units == {"hb": "g/L", "who": "", "HB": "g/dL", "Age": "years"}
    assert [problem[:5] for problem in found] == [
        ("t.csv", 0, "who", "", "is the patient, not an input"),
        ("t.csv", 0, "HB", "", "is nearly the known name hb, but would not be converted"),
        ("t.csv", 0, "Age", "", "is nearly the known name age, but would not be converted"),
        ("t.csv", 4, "specimen", "S1", "occurs before"),
        ("t.csv", 5, "specimen", "Z", "is no specimen of the specimen table"),
        ("t.csv", 3, "Hb", "x", "is no number"),
        ("t.csv", 5, "Hb", "<9", "is a limit, not a number"),
        ("t.csv", 2, "Hb", "88", "is impossible, outside 2 to 25 g/dL; in g/L it would not be"),
        ("t.csv", 3, "sex", "q", "is an unknown category"),
        ("t.csv", 4, "sex", "M", "is an unknown category"),
        ("t.csv", 2, "who", "P0", "is no number"),
        ("t.csv", 3, "who", "P1", "is no number"),
        ("t.csv", 4, "who", "P1", "is no number"),
        ("t.csv", 5, "who", "P2", "is no number"),
        ("t.csv", 0, "Age", "", "has no value in any row"),
        *(("t.csv", row, "x", str(row - 1), "is an unknown category") for row in (3, 4, 5)),
    ]
    assert [found[i][5] for i in (0, 1, 7, 9, 14)] == [
        "Leave it out of [clinical.columns].",
        'Write hb = { column = "x", unit = ... }, or use a name of your own.',
        "Correct it, or leave it empty.",
        "Did you mean 'm'? Known: f, m.",
        "Check missing, or leave the column out of [clinical.columns].",
    ]


def test_a_unit_that_cannot_be_turned_is_one_problem_of_its_key(tmp_path):
    table, units, found = read(tmp_path, "specimen,hb\nS0,8\n", {"hb": {"unit": "mmol/L"}})
    assert units == {"hb": "g/L"} and table["hb"].isna().all()
    (problem,) = found
    assert problem[:4] == ("cohort.toml", 0, "clinical.columns.hb.unit", "mmol/L")
    assert problem[4].startswith(" cannot be turned into 'g/L'")
    assert problem[5] == "Give the values in g/L, or use another name than hb."


@pytest.mark.parametrize("decimal", [".", ","])
def test_decimal_marks_and_other_names_of_ids_are_those_of_the_file(tmp_path, decimal):
    text = f"id;hb\nS1;8{decimal}25\n"
    table, _, found = read(tmp_path, text, {"hb": {"unit": "g/L"}}, specimen="id", separator=";", decimal=decimal)
    assert table["hb"].iloc[1] == 8.25 or found


@pytest.mark.parametrize(("cell", "meant"), [("male", "m"), ("Female", "f"), ("M", "m")])
def test_a_word_may_mean_the_category_of_its_first_letter(tmp_path, cell, meant):
    _, _, ((*_, remedy),) = read(tmp_path, f"specimen,sex\nS0,f\nS1,{cell}\n", {"sex": {"categories": ["f", "m"]}})
    assert remedy == f"Did you mean '{meant}'? Known: f, m."
