"""Problems of a user's tables: equal ones once, keys of the toml named, a remedy always."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from datasets.nearest import nearest
from datasets.own.problems import OwnCohortError
from tests.datasets.own.test_dataset import TOML, edited, write_cohort

ROOT = Path(__file__).parents[3]
LABS = "id;Hb;Leuko;sex;Score\n"


def error_of(dataset) -> OwnCohortError:
    with pytest.raises(OwnCohortError) as caught:
        dataset.load()
    return caught.value


def test_equal_problems_are_one_with_their_number_and_first_rows(tmp_path):
    labs = LABS + "".join(f"S{i};{8 + i % 3}.5;1;f;1\n" for i in range(16))
    error = error_of(write_cohort(tmp_path, labs=labs))
    assert len(error.problems) == 16 and len(error.groups) == 1
    assert "labs.csv 16 rows, first 2, 3, 4, Hb: 8.5, 9.5, 10.5 has '.' where the decimal mark is ','" in str(error)


def test_one_value_in_many_rows_is_quoted_once(tmp_path):
    labs = LABS + "".join(f"S{i};8,0;1;x;1\n" for i in range(16))
    assert "labs.csv 16 rows, first 2, 3, 4, sex: 'x' is an unknown category. Known: f, m." in str(
        error_of(write_cohort(tmp_path, labs=labs))
    )


@pytest.mark.parametrize("wrong", ["APl", "AP L", "apl"])
def test_an_unknown_class_asks_for_the_nearest(tmp_path, wrong):
    rows = [f"S{i},P{i},A,{wrong if i == 3 else ('AML', 'APL')[i % 2]}" for i in range(16)]
    error = error_of(write_cohort(tmp_path, specimens="\n".join(["specimen,patient,hospital,diagnosis", *rows])))
    assert (
        f"specimens.csv row 5, diagnosis: '{wrong}' is an unknown label. Did you mean 'APL'? Known: AML, APL."
        in str(error)
    )


@pytest.mark.parametrize(
    ("unit", "said"), [("gdL", "did you mean 'g/dL'"), (".", "it is no unit"), ("9**9**9", "it is no unit")]
)
def test_a_unit_typo_names_the_key_and_the_nearest_unit(tmp_path, unit, said):
    error = str(error_of(write_cohort(tmp_path, edited(TOML, '"g/dL"', f'"{unit}"'))))
    assert f"cohort.toml, clinical.columns.hb.unit: '{unit}' cannot be turned into 'g/L'" in error and said in error


def test_a_domain_called_like_a_column_of_every_table_is_refused(tmp_path):
    rows = [f"S{i},P{i},{'in-domain' if i == 3 else 'A'},{('AML', 'APL')[i % 2]}" for i in range(16)]
    error = error_of(write_cohort(tmp_path, specimens="\n".join(["specimen,patient,hospital,diagnosis", *rows])))
    assert "specimens.csv row 5, hospital: 'in-domain' is a name that every table uses" in str(error)


def test_a_column_without_a_value_is_refused(tmp_path):
    labs = LABS + "".join(f"S{i};;1;f;1\n" for i in range(16))
    assert "labs.csv, Hb: has no value in any row. Check missing" in str(error_of(write_cohort(tmp_path, labs=labs)))


def test_a_table_without_rows_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"labs.csv: has a header but no row\. Fill it"):
        write_cohort(tmp_path, labs=LABS).load()


def test_every_problem_has_a_remedy():
    for path in sorted((ROOT / "datasets").rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if (
                isinstance(call.func, ast.Attribute)
                and call.func.attr == "add"
                and ast.unparse(call.func.value) == "problems"
            ):
                assert len(call.args) == 6 and ast.unparse(call.args[5]) not in ("''", '""'), f"{path}:{call.lineno}"


def test_names_that_differ_in_case_blanks_or_dashes_are_near():
    assert nearest("other aml", ["APL", "Other-AML"]) == ["Other-AML"]
    assert nearest("xyz", ["APL", "AML"]) == []
