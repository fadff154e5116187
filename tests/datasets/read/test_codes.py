import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.errors import CohortError
from datasets.read.codes import YES_NO, code, codes, known_codes, labels, named_rows, spelled


@pytest.mark.parametrize("shown", ["1", "1.0", "1.", " 1 ", "01", "1.00", "1,0", "+1", "1.000000", "\u00a01", 1, 1.0])
def test_a_whole_number_has_one_code(shown):
    assert code(shown) == "1"


@pytest.mark.parametrize("shown", ["1.5", "1.000", "1.01", "A1", "1 0", "0x1", "1e0", "APL", "-1", ""])
def test_what_may_mean_something_else_stays(shown):
    assert code(shown) == shown


@given(st.integers(-1000, 1000))
def test_codes_of_floats_are_those_of_integers(value):
    assert code(float(value)) == code(value) == str(value)


@given(st.text())
def test_a_code_is_its_own_code(shown):
    assert code(code(shown)) == code(shown)


def test_blanks_in_words_are_one():
    assert codes(pd.Series([" Band  neutrophil ", "Band\u00a0neutrophil", None])).tolist() == [
        "Band neutrophil"
    ] * 2 + [""]


def test_a_value_is_read_as_the_known_word_that_it_means():
    shown = pd.Series(["Female", "female ", "FEMALE", "f", ""])
    assert spelled(shown, ["female", "male"]).tolist() == ["female"] * 3 + ["f", ""]


def test_words_that_differ_by_capitals_or_zeros_alone_are_told_apart():
    assert spelled(pd.Series(["FAB-M3", "fab-m3", "Fab-M3"]), ["FAB-M3", "fab-m3"]).tolist()[:2] == ["FAB-M3", "fab-m3"]
    with pytest.raises(CohortError, match=r"unknown \['Fab-M3'\]"):
        known_codes(pd.Series(["Fab-M3"]), ["FAB-M3", "fab-m3"], "f: c")
    assert spelled(pd.Series(["1", "01", "1.0"]), ["1", "01"]).tolist() == ["1", "01", "1.0"]


@pytest.mark.parametrize(
    "column", [["0", "1.0"], [0, 1], [0.0, 1.0], [False, True], ["FALSE", "true "], [" 0,0", "01"]]
)
def test_a_column_of_no_and_yes(column):
    assert labels(pd.Series(column), YES_NO, "f: y").tolist() == [0, 1]


@pytest.mark.parametrize("column", [[], ["1"]])
def test_labels_are_whole_numbers_also_where_there_are_none(column):
    assert labels(pd.Series(column, dtype=object), YES_NO, "f: y").dtype == np.int64


def test_capitals_count_where_they_are_said_to():
    shown = pd.Series(["female", "Female", " FEMALE", "1.0", "01"])
    assert spelled(shown, ["female", "1"], capitals=False).tolist() == ["female", "Female", "FEMALE", "1", "1"]


def test_a_value_is_spelt_as_the_known_word_with_its_code():
    assert spelled(pd.Series(["1", "1.0", "b  c", "B C"]), ["01", "B c"]).tolist() == ["01", "01", "B c", "B c"]


def test_rows_are_called_what_they_are_called():
    mask = pd.Series([True, False, True])
    assert named_rows(mask, [1, 2, 2.5]) == ["1", "2.5"]
    assert named_rows(mask) == ["line 2", "line 4"]


def test_unknown_codes_name_value_rows_and_choices():
    with pytest.raises(CohortError, match=r"unknown \['2'\] \(first: line 3 of North\). Known: 0, 1"):
        labels(pd.Series(["1", "2"]), YES_NO, "f: y", ["line 2 of North", "line 3 of North"])
    with pytest.raises(CohortError, match=r"unknown \[''\] \(first: line 2\)"):
        labels(pd.Series([np.nan, "1"]), YES_NO, "f: y")
    assert known_codes(pd.Series(["", "1.0"]), ["1", ""], "f: y").tolist() == ["", "1"]
    with pytest.raises(CohortError, match=r"unknown \['A', 'B', 'C', 'D', 'E', 'F'\].*Known: 1, \(blank\)"):
        known_codes(pd.Series(list("FACEDB")), ["1", ""], "f: y")
