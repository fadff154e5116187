"""Bad tables of a user's own cohort: nothing is shifted, guessed or taken for an input."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest

from datasets.cohort import CohortError
from datasets.own.cohort_file import Specimens
from datasets.own.numbers import parse_number
from datasets.own.problems import Problems
from datasets.own.tables import check_ids, headers_of, read_number_table, read_specimens, read_text_table
from tests.datasets.own.test_dataset import TOML, edited, problems_of, write_cohort

SPECIMENS = "specimen,patient,hospital,diagnosis\n"
LABS = "id;Hb;Leuko;sex;Score\n"


def test_a_separator_at_the_end_of_the_rows_is_named(tmp_path):
    with pytest.raises(CohortError, match=r"labs.csv: row 2 has 6 fields, the header 5\. Do the rows end"):
        write_cohort(tmp_path, labs=LABS + "S0;8,0;1;f;1;\nS1;8,0;1;f;1;\n").load()
    with pytest.raises(CohortError, match=r"labs.csv: row 3 has 6 fields, the header 5\. Do the rows end"):
        write_cohort(tmp_path, labs=LABS + "S0;8,0;1;f;1\nS1;8,0;1;f;1;\n").load()


def test_two_columns_of_one_name_are_named(tmp_path):
    with pytest.raises(CohortError, match=r"labs.csv: has columns of one name \(first: Hb\)"):
        write_cohort(tmp_path, labs="id;Hb;Leuko;sex;Score;Hb\nS0;8,0;1;f;1;9\n").load()


@pytest.mark.parametrize("header", ["diagnosis", "patient", "hospital", "specimen", "id"])
def test_what_says_label_patient_or_domain_is_no_clinical_input(tmp_path, header):
    columns = dict.fromkeys(["id", "Hb", "Leuko", "sex", "Score", header])
    labs = ";".join(columns) + "\n" + ";".join({"id": "S0", "sex": "f"}.get(c, "9") for c in columns) + "\n"
    toml = edited(TOML, 'column = "Score"', f'column = "{header}"')
    found = problems_of(write_cohort(tmp_path, toml, labs=labs))
    assert any(f"labs.csv, {header}: is the " in line and "not an input" in line for line in found)


def test_a_known_name_in_other_case_is_not_left_unconverted(tmp_path):
    found = problems_of(write_cohort(tmp_path, edited(TOML, "hb = {", "Hb = {")))
    assert len(found) == 1 and 'Write hb = { column = "Hb"' in found[0]


def test_a_wrong_unit_is_one_problem(tmp_path):
    labs = LABS + "".join(f"S{i};8,0;1;f;1\n" for i in range(16))
    found = problems_of(write_cohort(tmp_path, edited(TOML, '"g/dL"', '"mmol/L"'), labs=labs))
    assert len(found) == 1 and "forms that are read: g/L, g/dL, mg/dL, mg/L, ug/L" in found[0]


def test_two_labels_of_a_patient_are_named_with_both_rows(tmp_path):
    rows = "S0,P0,A,AML\nS1,P1,A,APL\nS2,P0,A,APL\n"
    found = problems_of(write_cohort(tmp_path, specimens=SPECIMENS + rows))
    assert found == [
        "specimens.csv row 4, diagnosis: 'APL' is another label of patient P0 than 'AML' in row 2. "
        'Correct one, or set target_level = "specimen".'
    ]


def test_two_labels_of_a_patient_are_right_where_the_specimen_is_judged(tmp_path):
    rows = "S0,P0,A,AML\nS1,P1,A,APL\nS2,P0,A,APL\n"
    toml = 'target_level = "specimen"\n' + TOML
    assert write_cohort(tmp_path, toml, specimens=SPECIMENS + rows, labs=LABS + "S0;8,0;1;f;1\n").load().y.sum() == 2


def test_byte_order_marks_are_no_part_of_a_name(tmp_path):
    dataset = write_cohort(tmp_path)
    for name in ("cohort.toml", "specimens.csv", "labs.csv"):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + (tmp_path / name).read_bytes())
    assert len(dataset.load()) == 16


def test_encodings_are_suggested(tmp_path):
    dataset = write_cohort(tmp_path)
    text = (tmp_path / "specimens.csv").read_text()
    (tmp_path / "specimens.csv").write_text(text, encoding="utf-16")
    with pytest.raises(CohortError, match='encoding = "utf-16"'):
        dataset.load()
    toml = edited(TOML, "[specimens]\n", '[specimens]\nencoding = "utf-16"\n')
    dataset = write_cohort(tmp_path, toml)
    (tmp_path / "specimens.csv").write_text(text, encoding="utf-16")
    assert len(dataset.load()) == 16
    with pytest.raises(CohortError, match="unknown encoding: latin-99"):
        write_cohort(tmp_path, edited(toml, "utf-16", "latin-99")).load()


@pytest.mark.parametrize(("mark", "said"), [(";", r'separator = ";"'), ("\t", r'separator = "\\t"')])
def test_another_separator_is_suggested(tmp_path, mark, said):
    table = (SPECIMENS + "S0,P0,A,AML\n").replace(",", mark)
    with pytest.raises(
        CohortError, match=rf"specimens.csv: fields seem to be parted by .*\. Write {said} under \[specimens\]"
    ):
        write_cohort(tmp_path, specimens=table).load()


@pytest.mark.parametrize("cell", ["1_00", "１２", "1²", "0x1A", "inf", "1 2", "--1", "."])
def test_what_only_python_takes_for_a_number_is_refused(cell):
    assert parse_number(cell, ".", limits=False)[1] == "is no number"


@pytest.mark.parametrize(("cell", "value"), [("1", 1), ("+1.5", 1.5), ("-.5", -0.5), ("1.", 1), ("1e-3", 0.001)])
def test_numbers_are_numbers(cell, value):
    assert parse_number(cell, ".", limits=False) == (value, "", "")


def test_the_name_of_a_dataset_of_the_tree_is_taken(tmp_path):
    with pytest.raises(CohortError, match="golub is a dataset of the tree; choose another name"):
        write_cohort(tmp_path, edited(TOML, '"my-cohort"', '"golub"')).load()


def test_labels_and_categories_are_read_as_the_codes_that_they_are(tmp_path):
    toml = TOML.replace('classes = ["AML", "APL"]', 'classes = ["0", "1"]').replace('["f", "m"]', '["1", "2"]')
    for zero, one, female in (("0", "1", "1"), ("0.0", "1.0", "1.0"), (" 0", "01", "1,0")):
        rows = [f"S{i},P{i // 2},{'AB'[i % 4 // 2]},{(zero, one)[i // 2 % 2]}" for i in range(16)]
        labs = "\n".join(["id;Hb;Leuko;sex;Score", *(f"S{i};8;9;{female};1" for i in range(16))]) + "\n"
        specimens = "\n".join(["specimen,patient,hospital,diagnosis", *rows]) + "\n"
        cohort = write_cohort(tmp_path, toml, specimens=specimens, labs=labs).load()
        assert cohort.y.tolist() == [0, 0, 1, 1] * 4
        assert set(cohort.clinical["sex"]) == {"1"}
        undeclared = write_cohort(tmp_path, toml.replace('classes = ["0", "1"]', ""), specimens=specimens, labs=labs)
        assert undeclared.load().classes == ("0", "1")


def read(home, text, classes=(), one_label=True, **spec):
    """Return the table of specimens and its problems, each as a tuple."""
    (home / "t.csv").write_text(text)
    problems = Problems()
    told = Specimens.model_validate({"table": "t.csv", **spec})
    table = read_specimens(told, classes, home, problems, one_label=one_label)
    return table, [astuple(problem)[1:] for problem in problems.found]


def test_everything_wrong_with_specimens_is_told_in_order(tmp_path):
    text = (
        "specimen,who,where,label\nS0,P0,A,AML\n,P1,worst domain,APL\nS2,NA,A,apl\nS0,P0,B,APL\nS4,P4,all shifted,\n"
        "S5,P1,A,XYZ\nS5,P1,A,APL\nS7,P7,,AML\n"
    )
    keys = {"patient": "who", "domain": "where"}
    table, found = read(tmp_path, text, ("AML", "APL"), **keys)
    none = "Give every specimen one; none is invented."
    other = "is another label of patient {} than {!r} in row {}"
    level = 'Correct one, or set target_level = "specimen".'
    assert found == [
        (3, "specimen", "", "is blank", none),
        (4, "who", "NA", "is blank", none),
        (9, "where", "", "is blank", none),
        (6, "label", "", "is blank", "Label it or leave the row out."),
        (3, "where", "worst domain", "is a name that every table uses", "Call the domain otherwise."),
        (6, "where", "all shifted", "is a name that every table uses", "Call the domain otherwise."),
        (5, "specimen", "S0", "occurs before", "Ids are unique."),
        (8, "specimen", "S5", "occurs before", "Ids are unique."),
        (4, "label", "apl", "is an unknown label", "Did you mean 'APL'? Known: AML, APL."),
        (7, "label", "XYZ", "is an unknown label", "Known: AML, APL."),
        (5, "label", "APL", other.format("P0", "AML", 2), level),
        (7, "label", "XYZ", other.format("P1", "APL", 3), level),
    ]
    assert list(table) == ["specimen", "patient", "domain", "label"] and table.index.tolist() == list(range(2, 10))
    assert len(read(tmp_path, text, ("AML", "APL"), one_label=False, **keys)[1]) == 10
    assert len(read(tmp_path, text, one_label=False, **keys)[1]) == 9
    assert read(tmp_path, "specimen,label\nS0,nan\n", ("AML",))[1] == [
        (2, "label", "nan", "is blank", "Label it or leave the row out.")
    ]


def test_columns_that_are_not_named_or_not_there_are_refused(tmp_path):
    for spec, told in (
        ({"table": ""}, 'specimens.table: names no file. Write table = "specimens.csv".'),
        ({"label": ""}, 'specimens.label: names no column. Write label = "header of its column".'),
        ({"specimen": ""}, 'specimens.specimen: names no column. Write specimen = "header of its column".'),
        ({"label": "lable", "era": "when"}, 't.csv: lacks columns "lable" (specimens.label; did you '
         'mean "label"?), "when" (specimens.era). Columns: specimen, label. Name the right ones in the cohort.toml.'),
    ):  # fmt: skip
        with pytest.raises(CohortError) as caught:
            read(tmp_path, "specimen,label\nS0,AML\n", **spec)
        assert str(caught.value) == told
    with pytest.raises(
        CohortError, match=r"t.csv: has a header but no row\. Fill it, or leave out the part that names"
    ):
        read(tmp_path, "specimen,label\n")
    with pytest.raises(CohortError, match="has no column"):
        read(tmp_path, "specimen,x\n")
    with pytest.raises(
        CohortError, match=r"t.csv: has columns of one name \(first: a, b\)\. Rename or remove all but on"
    ):
        read(tmp_path, "specimen,label,b,a,b,a,,\nS0,AML,1,1,1,1,1,1\n")
    assert headers_of(Specimens(label="l", domain="d")) == {"specimen": "specimen", "domain": "d", "label": "l"}


def test_ids_that_repeat_or_are_strangers_are_told_by_row():
    problems = Problems()
    ids = pd.Series(["a", "z", "a", "b", "z"], index=[2, 3, 5, 6, 9])
    check_ids("t.csv", "id", ids, np.array(["a", "b", "c"]), problems)
    stranger = ("is no specimen of the specimen table", "Add it there, or correct the id.")
    assert [astuple(problem) for problem in problems.found] == [
        ("t.csv", 5, "id", "a", "occurs before", "Keep one row a specimen."),
        ("t.csv", 9, "id", "z", "occurs before", "Keep one row a specimen."),
        ("t.csv", 3, "id", "z", *stranger),
        ("t.csv", 9, "id", "z", *stranger),
    ]


def test_rows_are_numbered_as_in_the_file(tmp_path):
    (tmp_path / "t.csv").write_text("\n\nid;a;b\n x ; 1;\n\ny;2;z \n")
    text = read_text_table(tmp_path / "t.csv", ";", "utf-8")
    assert text.index.tolist() == [4, 6] and text.to_numpy().tolist() == [["x", "1", ""], ["y", "2", "z"]]
    numbers = read_number_table(tmp_path / "t.csv", ";", "utf-8", dtype={"id": str}, decimal=".")
    assert numbers.index.tolist() == [4, 6] and numbers["a"].tolist() == [1, 2]
    (tmp_path / "wide.csv").write_text("id,1,2\nx,1,2\n")
    assert list(read_number_table(tmp_path / "wide.csv", ",", "utf-8")) == ["id", "1", "2"]
    pd.DataFrame({"id": ["x", None], "a": [1.5, np.nan]}).to_parquet(tmp_path / "t.parquet")
    text = read_text_table(tmp_path / "t.parquet", ";", "utf-8")
    assert text.to_numpy().tolist() == [["x", "1.5"], ["", ""]]
    with pytest.raises(CohortError, match=r"t.csv: fields seem to be parted by ';'\. Write separator = \";\""):
        read_number_table(tmp_path / "t.csv", ",", "utf-8")
