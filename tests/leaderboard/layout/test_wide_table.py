"""A long table laid out for reading, cell by cell, with layouts that were made for the test."""

from __future__ import annotations

import pandas as pd
import pytest

from leaderboard.layout.shapes import HEADERS, SHAPES, Shape
from leaderboard.layout.wide_table import header, measured, wide_tables
from leaderboard.questions.further import TITLES
from leaderboard.scores.tables import Cell, Table
from tests.leaderboard.written_board import check_table, texts

NAN = float("nan")


def long(*rows: tuple[object, ...], names: str = "entry metric value low high n_patients note") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=names.split())


def heads(table: Table) -> list[str]:
    return [column.header for column in table.columns]


def test_rows_become_columns_in_order_and_what_is_absent_is_a_dash() -> None:
    rows = long(
        ("b", "seen last", 0.25, 0.2, 0.3, 12, ""),
        ("b", "distance", -0.0001, -0.2, 0.0, 12, "one"),
        ("a", "achieved", 1.234, NAN, NAN, 13, "one"),
        ("a", "distance", NAN, NAN, NAN, 13, "two"),
        ("a", "brier", 0.5, 0.25, 0.75, 13, "one"),
    )
    (table,) = wide_tables("title", rows, Shape("", split=()))
    check_table(table)
    assert table.title == "title"
    assert heads(table) == [
        "entry", "patients", "of achievable", "oracle minus entry", "seen last", "Brier", "note",
    ]  # fmt: skip
    assert texts(table) == [
        ["b", "12", "–", "0.000", "0.250", "–", "one"],
        ["a", "13", "123 %", "undefined", "–", "0.500", "one; two"],
    ]
    intervals = [[cell.interval for cell in row] for row in table.rows]
    assert intervals == [
        ["", "", "", "[-0.200, 0.000]", "[0.200, 0.300]", "", ""],
        ["", "", "", "", "", "[0.250, 0.750]", ""],
    ]
    meanings = {column.header: column.meaning for column in table.columns}
    assert meanings["Brier"] == "Lower is better" and meanings["seen last"] == "seen last"
    assert [column.where for column in table.columns] == [""] * 7


def test_leaky_columns_come_after_no_other_rung_and_say_so() -> None:
    rows = long(
        *[("a", rung, 0.5, 0.4, 0.6, 20, "") for rung in ("site", "inflation", "patient", "random image", "x", "slide")]
    )
    (table,) = wide_tables("t", rows, Shape("", split=(), texts=()))
    assert heads(table)[2:] == ["random image", "slide", "patient", "site", "inflation", "x"]
    assert [bool(column.where) for column in table.columns[2:]] == [True, True, False, False, True, False]
    assert {column.where for column in table.columns} == {"", "leaky, for demonstration"}


def test_one_table_for_each_value_that_splits_and_its_caption_says_which() -> None:
    names = "by level unseen entry metric value low high n_patients note"
    rows = long(
        ("sex", "image", "X", "b", "auroc", 0.75, 0.7, 0.8, 20, None),
        ("age_band", "image", "X", "c", "auroc", 0.5, 0.4, 0.6, 20, ""),
        ("age_band", "image", "X", "b", "auroc", 0.25, 0.2, 0.3, 20, ""),
        names=names,
    )
    told = wide_tables("t", rows, Shape("", split=("by", "level", "unseen"), across=()))
    assert [table.title for table in told] == [
        "t, by sex, scored by image, unseen X, AUROC", "t, by age band, scored by image, unseen X, AUROC",
    ]  # fmt: skip
    assert [texts(table) for table in told] == [[["b", "20", "0.750"]], [["c", "20", "0.500"], ["b", "20", "0.250"]]]
    named = wide_tables("t", rows, Shape("", split=("by",), rows=("entry", "metric"), across=()))
    assert [table.title for table in named] == ["t, by sex", "t, by age band"]  # a row tells the metric
    assert texts(named[0]) == [["b", "AUROC", "20", "0.750"]]
    across = wide_tables("t", rows, Shape("", split=("by",), across=("metric",)))
    assert [table.title for table in across] == ["t, by sex", "t, by age band"]
    assert wide_tables("t", rows.drop(columns="metric"), Shape("", split=(), across=()))[0].title == "t"


def test_figures_have_prefixes_and_those_of_no_bounds_none() -> None:
    names = "rule value low high seen behind chosen note n_patients"
    rows = long(
        ("r", 0.5, 0.4, 0.6, 0.7, 0.1, "a (1 of 2)", "", 20),
        ("s", NAN, NAN, NAN, NAN, NAN, "", "nobody", 20),
        names=names,
    )
    figures = {"reported": ("value", "low", "high"), "seen": ("seen",), "behind best": ("behind", "low", "high")}
    shape = Shape("", split=(), rows=("rule",), across=(), figures=figures, texts=("chosen", "note"))
    (table,) = wide_tables("t", rows, shape)
    check_table(table)
    assert heads(table) == ["rule", "patients", "reported", "seen", "behind best", "chosen", "note"]
    assert texts(table) == [
        ["r", "20", "0.500", "0.700", "0.100", "a (1 of 2)", ""],
        ["s", "20", "undefined", "–", "–", "", "nobody"],
    ]
    assert [cell.interval for cell in table.rows[0]] == ["", "", "[0.400, 0.600]", "", "[0.400, 0.600]", "", ""]
    both = Shape("", split=(), rows=("rule",), across=("note",), figures=figures, texts=())
    assert heads(wide_tables("t", rows.iloc[1:], both)[0])[2:] == [
        "reported nobody",
        "seen nobody",
        "behind best nobody",
    ]


def test_what_is_counted_stands_in_the_cells_and_small_strata_do_not_tell() -> None:
    names = "entry metric group value low high n_patients note"
    rows = long(
        ("a", "coverage", "class: X", 0.9, 0.8, 1.0, 31, ""),
        ("a", "coverage", "", 0.5, NAN, 0.6, 62, ""),
        ("b", "coverage", "", NAN, NAN, NAN, 0, "suppressed"),
        ("c", "coverage", "", NAN, NAN, NAN, 5, "a hole"),
        names=names,
    )
    shape = Shape("", split=(), across=("metric", "group"), counted="n_patients")
    (table,) = wide_tables("t", rows, shape)
    assert heads(table) == ["entry", "coverage class: X", "coverage", "note"]
    assert [[(cell.text, cell.interval) for cell in row[1:3]] for row in table.rows] == [
        [("0.900", "[0.800, 1.000], n 31"), ("0.500", "n 62")],
        [("–", ""), ("suppressed", "")],
        [("–", ""), ("undefined", "")],
    ]
    silent = wide_tables("t", rows, Shape("", split=(), across=("metric", "group"), texts=()))[0]
    assert [row[-1].text for row in silent.rows] == ["0.500", "suppressed", "a hole"]
    few = rows.assign(n_patients=pd.array([pd.NA, pd.NA, 0, 5], dtype="Int64"))
    sized = wide_tables("t", few, Shape("", split=(), across=("metric", "group"), texts=()))[0]
    check_table(sized)
    assert [(row[1].text, row[1].order) for row in sized.rows] == [("< 10", 0), ("0", 0), ("5", 5)]


@pytest.mark.parametrize("by_patient", [True, False])
def test_without_patients_groups_are_counted(by_patient: bool) -> None:
    names = "entry source value low high count note"
    rows = long(("a", "patients", 0.1, 0.0, 0.2, 7, ""), ("a", "seeds", 0.2, NAN, NAN, 2, ""), names=names)
    shape = Shape("", split=(), across=("source",), counted="count")
    (table,) = wide_tables("t", rows, shape, by_patient=by_patient)
    word = "patients" if by_patient else "groups"
    assert heads(table)[1:] == [f"other {'patients' if by_patient else 'specimens'}", "training again"]
    assert [cell.interval for cell in table.rows[0][1:3]] == [f"[0.000, 0.200], 7 {word}", "2 seeds"]
    sized = wide_tables("t", long(("a", "x", 0.1, 0.0, 0.2, 7, "")), Shape("", split=()), by_patient=by_patient)[0]
    assert heads(sized)[1] == word and sized.columns[1].meaning.startswith(
        "Patients behind" if by_patient else "Behind the figures of the row; specimens"
    )


@pytest.mark.parametrize(
    ("row", "options", "cell"),
    [
        ((0.5, 0.4, 0.6), {}, Cell("0.500", "[0.400, 0.600]", 0.5)),
        ((0.5, 0.4, NAN), {}, Cell("0.500", "", 0.5)),
        ((0.456, 0.4, 0.6), {"percent": True}, Cell("46 %", "[40 %, 60 %]", 0.456)),
        ((-0.001, -0.004, 0.6), {"percent": True}, Cell("0 %", "[0 %, 60 %]", -0.001)),
        ((0.5, 0.4, 0.6), {"count": "n"}, Cell("0.500", "[0.400, 0.600], n 4", 0.5)),
        ((0.5, NAN, NAN), {"count": "none"}, Cell("0.500", "", 0.5)),
        ((NAN, NAN, NAN), {}, Cell("undefined")),
        ((NAN, NAN, NAN), {"says_why": True}, Cell("why")),
    ],
)
def test_a_cell_shows_its_figure_or_why_there_is_none(
    row: tuple[float, ...], options: dict[str, object], cell: Cell
) -> None:
    told = dict(zip(("value", "low", "high"), row, strict=True)) | {"n": 4, "none": 0, "note": "why"}
    assert measured(told, ("value", "low", "high"), **options) == cell  # type: ignore[arg-type]


def test_every_layout_is_of_a_table_and_reads_as_a_sentence() -> None:
    assert set(SHAPES) == set(TITLES)
    for shape in SHAPES.values():
        assert shape.reading.endswith(".") and shape.rows and all(len(f) in (1, 3) for f in shape.shown.values())
    assert header("kl") == HEADERS["kl"][0] == "KL to oracle" and header("age_band") == "age band"
