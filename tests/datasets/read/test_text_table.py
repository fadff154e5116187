import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.cohort import CohortError
from datasets.read.text_table import category, matrix, numbers, pick, read_text, unique_ids


@pytest.mark.parametrize(
    ("shown", "value"), [("3", 3), (" 3.5 ", 3.5), ("3,5", 3.5), ("-0,25", -0.25), ("1e3", 1000), (2.5, 2.5)]
)
def test_numbers_are_read(shown, value):
    assert numbers(pd.Series([shown]), "f: c")[0] == value


@pytest.mark.parametrize("blank", ["", "  ", "NA", "n/a", "nan", "n.d.", None, np.nan, pd.NA])
def test_blanks_are_missing(blank):
    assert np.isnan(numbers(pd.Series([blank], dtype=object), "f: c")[0])


@pytest.mark.parametrize("wrong", ["high", "1,234,567", "1.2.3", "inf", "12 g"])
def test_what_is_no_number_is_an_error_with_place_and_line(wrong):
    with pytest.raises(CohortError, match=r"f.csv: wbc: is no number \(first: line 3 has"):
        numbers(pd.Series(["1", wrong]), "f.csv: wbc")


def test_rows_are_named_by_their_ids():
    with pytest.raises(CohortError, match="P2 has 'x'"):
        numbers(pd.Series(["1", "x"]), "f: c", ["P1", "P2"])


@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=20))
def test_a_decimal_comma_changes_nothing(values):
    point = pd.Series([f"{v:.4f}" for v in values])
    np.testing.assert_array_equal(numbers(point, "p"), numbers(point.str.replace(".", ","), "c"))


def test_a_category_is_what_its_code_means():
    read = category(pd.Series(["1.0", " 2", "NA", "", None]), {"1": "female", "2": "male"}, "f: sex")
    assert read.categories.tolist() == ["female", "male"]
    assert read.codes.tolist() == [0, 1, -1, -1, -1]
    with pytest.raises(CohortError, match=r"f: sex: unknown \['3'\] \(first: P2\)\. Known: 1, 2, \(blank\)"):
        category(pd.Series(["1", "3"]), {"1": "female", "2": "male"}, "f: sex", ["P1", "P2"])


def test_a_matrix_names_the_first_column_with_a_hole():
    table = pd.DataFrame({"a": ["1", "2"], "b": ["3", ""]})
    with pytest.raises(CohortError, match=r"x.csv: b: is empty in some lines \(first: line 3\)"):
        matrix(table, "x.csv")
    np.testing.assert_array_equal(matrix(table.replace("", "4,5"), "x"), [[1, 3], [2, 4.5]])


def test_ids_are_unique_and_not_empty():
    with pytest.raises(CohortError, match=r"more than once .*b"):
        unique_ids(["a", "b", "b"], "f: id")
    with pytest.raises(CohortError, match="line 3"):
        unique_ids(["a", " "], "f: id")


def test_a_missing_column_lists_those_there_are():
    with pytest.raises(CohortError, match=r"lacks columns \['age'\]; has id, sex"):
        pick(pd.DataFrame({"id": ["1"], "sex": ["f"]}), {"age": "age"}, "f.csv")


@pytest.mark.parametrize(("columns", "rest"), [(30, ""), (31, " and 1 more"), (35, " and 5 more")])
def test_of_many_columns_thirty_are_listed(columns, rest):
    table = pd.DataFrame(columns=[f"c{i}" for i in range(columns)])
    listed = ", ".join(f"c{i}" for i in range(30))
    with pytest.raises(CohortError, match=rf"has {listed}{rest}\.$"):
        pick(table, {"age": "age"}, "f.csv")


def test_files_that_are_no_table_are_an_error(tmp_path):
    with pytest.raises(CohortError, match="there is no file"):
        read_text(tmp_path / "no.csv")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n1,2,3\n")
    (tmp_path / "binary.csv").write_bytes(b"a\n\x81\n")
    for name in ("empty.csv", "ragged.csv", "binary.csv"):
        with pytest.raises(CohortError, match=name):
            read_text(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n , \n,\n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_line_ends_and_blank_rows_at_the_end_change_nothing(tmp_path, encoding, end, newline):
    content = f"Témoin, µl \né,1\nb,2{end}".replace("\n", newline)
    (tmp_path / "t.csv").write_bytes(content.encode(encoding))
    assert read_text(tmp_path / "t.csv").to_dict("list") == {"Témoin": ["é", "b"], "µl": ["1", "2"]}


def test_only_blank_rows_at_the_end_are_left_out(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n,\n1,\n,\n,2\n, \n,\n")
    assert read_text(tmp_path / "t.csv").to_dict("list") == {"a": ["", "1", "", ""], "b": ["", "", "", "2"]}


def test_words_such_as_na_stay_text(tmp_path):
    (tmp_path / "t.csv").write_text("gene,x\nNA,1\nNAN,2\n")
    assert read_text(tmp_path / "t.csv")["gene"].tolist() == ["NA", "NAN"]


def test_a_separator_at_the_end_of_the_rows_shifts_no_column(tmp_path):
    (tmp_path / "t.csv").write_text("id,wbc\nP1,3,\nP2,4,\n")
    with pytest.raises(CohortError, match=r"t.csv: row 2 has 3 fields, the header 2\."):
        read_text(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_text("id,wbc\nP1,3\nP2,4,\n")
    with pytest.raises(CohortError, match=r"t.csv: row 3 has 3 fields, the header 2\."):
        read_text(tmp_path / "t.csv")
