"""Problems of a user's tables: equal ones once, keys of the toml named, a remedy always."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from datasets.nearest import did_you_mean, nearest
from datasets.own.problems import OwnCohortError, Problem, Problems, grouped
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


def problem(row=0, column="", value="", file="t.csv", said="is odd", remedy="Mend it."):
    return Problem(file, row, column, value, said, remedy)


@pytest.mark.parametrize(
    ("problems", "told"),
    [
        ([problem(3, "hb", "x")], "t.csv row 3, hb: 'x' is odd. Mend it."),
        ([problem(3, "hb", "x", said=" is odd. ")], "t.csv row 3, hb: 'x' is odd. Mend it."),
        ([problem(0, "hb")], "t.csv, hb: is odd. Mend it."),
        ([problem()], "t.csv: is odd. Mend it."),
        ([problem(2, "hb", "x"), problem(5, "hb", "x")], "t.csv 2 rows, first 2, 5, hb: 'x' is odd. Mend it."),
        ([problem(k, "hb", f"v{k % 4}") for k in range(2, 7)],
         "t.csv 5 rows, first 2, 3, 4, hb: v2, v3, v0 … is odd. Mend it."),
        ([problem(k, "hb", f"v{k % 3}") for k in range(2, 7)],
         "t.csv 5 rows, first 2, 3, 4, hb: v2, v0, v1 is odd. Mend it."),
        ([problem(2, "hb"), problem(3, "hb")], "t.csv 2 rows, first 2, 3, hb: is odd. Mend it."),
        ([problem(0, c, c) for c in "abcd"], "t.csv 4 places, first a, b, c: a, b, c … is odd. Mend it."),
        ([problem(file=f"{k}.png", value="X9") for k in range(4)],
         "4 files, first 0.png, 1.png, 2.png: 'X9' is odd. Mend it."),
    ],
)  # fmt: skip
def test_a_group_of_equal_problems_is_one_sentence(problems, told):
    (group,) = grouped(problems)
    assert str(group) == told and group.problems == tuple(problems)
    assert str(problems[0]) == str(grouped(problems[:1])[0])


def test_what_differs_is_told_apart_in_the_order_of_first_places():
    rows = [
        problem(2, "a"), problem(2, "b"), problem(3, "a"), problem(3, "a", file="u.csv"),
        problem(4, "a", said="is even"), problem(5, "a", remedy="Drop it."), problem(0, "a"),
        problem(0, "b"), problem(0, "a", file="u.csv"), problem(), problem(file="u.csv"), problem(9, "b", "other"),
    ]  # fmt: skip
    groups = [[0, 2], [1, 11], [3], [4], [5], [6, 7], [8], [9, 10]]
    assert [group.problems for group in grouped(rows)] == [tuple(rows[i] for i in group) for group in groups]


@pytest.mark.parametrize(
    ("kinds", "rest"), [(5, ""), (6, " | and 1 more kinds; python -m benchmark data check lists all")]
)
def test_the_first_five_kinds_are_told(kinds, rest):
    collected = Problems("c.toml")
    collected.stop_if_any()
    for k in range(kinds):
        collected.add("t.csv", k + 2, f"h{k}", 7.5, "is odd", "Mend it.")
    assert collected.found[0] == problem(2, "h0", "7.5")
    with pytest.raises(OwnCohortError) as caught:
        collected.stop_if_any()
    shown = " | ".join(f"t.csv row {k + 2}, h{k}: '7.5' is odd. Mend it." for k in range(5))
    assert str(caught.value) == f"c.toml: {kinds} problems: {shown}{rest}".rstrip(".") + "."
    assert caught.value.problems == tuple(collected.found) and len(caught.value.groups) == kinds


def test_a_key_is_a_place_of_the_toml():
    collected = Problems()
    collected.add_key("genes.sets", 3, "is odd", "Mend it.")
    assert collected.found == [problem(0, "genes.sets", "3", file="cohort.toml")]


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("GDL", ["g/dL", "gdl", "x"], ["gdl"]), ("other_aml", ["Other AML"], ["Other AML"]),
        ("abcd", ["abce", "abcf", "abcg", "zzzz"], 2), ("abcde", ["vwxyz"], []), ("abcdefghij", ["abcdefzzzz"], 1),
        ("abcdefghij", ["abcdezzzzz"], 0),
    ],
)  # fmt: skip
def test_at_most_two_names_that_agree_in_six_of_ten_letters_are_near(name, known, near):
    found = nearest(name, known)
    assert found == near if isinstance(near, list) else (len(found) == near and set(found) <= set(known))


def test_known_names_are_listed_up_to_twenty():
    names = [f"n{k:02d}" for k in range(21)]
    assert did_you_mean("zzz", names[:20]) == f"Known: {', '.join(names[:20])}."
    assert did_you_mean("zzz", names) == f"Known: {', '.join(names[:20])} and 1 more."
    assert did_you_mean("N-03", iter(names)) == f"Did you mean 'n03'? Known: {', '.join(names[:20])} and 1 more."


def test_one_problem_is_one_and_rows_are_in_order():
    collected = Problems("c.toml")
    collected.add("t.csv", 11, "id", "x", "occurs before", "Mend it.")
    with pytest.raises(OwnCohortError, match=r"^c\.toml: 1 problem: t\.csv row 11"):
        collected.stop_if_any()
    for row, column in ((6, "hb"), (9, "sex"), (0, "age"), (2, "hb")):
        collected.add("t.csv", row, column, "x", f"is odd in {column}", "Mend it.")
    with pytest.raises(OwnCohortError, match=r"^c\.toml: 5 problems: ") as caught:
        collected.stop_if_any()
    assert [group.problems[0].row for group in caught.value.groups] == [0, 2, 9, 11]
