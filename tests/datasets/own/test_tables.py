"""Bad tables of a user's own cohort: nothing is shifted, guessed or taken for an input."""

from __future__ import annotations

import pytest

from datasets.cohort import CohortError
from datasets.own.numbers import parse_number
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
    assert len(found) == 1 and "forms that are read: 10^9/L" in found[0]


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
    with pytest.raises(CohortError, match=rf"specimens.csv: has one column, .* Write {said}"):
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
