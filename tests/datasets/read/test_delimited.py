"""Delimited text: every row with its line of the file, and nothing swallowed, shifted or guessed."""

from __future__ import annotations

import csv
import io
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets.errors import CohortError
from datasets.plain_file import read_bytes
from datasets.read.delimited import read_cells, read_header
from datasets.read.separators import other_separator
from datasets.toml_file import read_toml
from tests.datasets.own.test_dataset import GENES, TOML, edited, problems_of, write_cohort

CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
ROWS = st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.sampled_from(",;\t|"), st.lists(st.integers(0, 7), max_size=3), st.sampled_from(["\n", "\r\n"]))
def test_what_a_writer_wrote_is_read_with_the_lines_of_the_file(tmp_path, rows, separator, blanks, end):
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end).writerows([["a", "b"], *rows])
    lines = out.getvalue().split(end)[:-1]
    for place in blanks:
        lines.insert(min(place, len(lines)), "")
    path = Path(tmp_path) / "t.csv"
    path.write_bytes(end.join([*lines, ""]).encode())
    read = read_cells(path, separator, "utf-8")
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    assert read.to_numpy().tolist() == kept
    for line, row in zip(read.index, kept, strict=True):
        assert next(csv.reader([lines[line - 1]], delimiter=separator)) == row


def test_a_lone_quote_swallows_no_row(tmp_path):
    rows = [f"S{i},ok" for i in range(10)]
    rows[3], rows[6] = 'S3,"smudge cells', 'S6,"another'
    (tmp_path / "t.csv").write_text("\n".join(["specimen,note", *rows, ""]))
    for read in (read_cells, read_header):
        with pytest.raises(CohortError, match=r"t\.csv: row 5 goes on until line 8\. Is there a lone \""):
            read(tmp_path / "t.csv", ",", "utf-8")


def test_a_lone_quote_in_a_gene_table_swallows_no_specimen(tmp_path):
    (tmp_path / "genes.csv").write_text('specimen,A1,B2\nS0,1,2\nS1,"1,2\nS2,1,2\nS3,1",2\n')
    toml = GENES.replace("{kind}", "csv").replace('sets = "sets.gmt"\n', "")
    with pytest.raises(CohortError, match="row 3 goes on until line 5"):
        write_cohort(tmp_path, toml).load()


def test_a_row_with_too_few_fields_shifts_nothing(tmp_path):
    with pytest.raises(CohortError, match=r"row 3 has 2 fields, the header 3\. Write every separator"):
        (tmp_path / "t.csv").write_text("a,b,c\n1,2,3\n1,2\n")
        read_cells(tmp_path / "t.csv", ",", "utf-8")


def test_rows_are_named_by_their_lines_also_after_blank_ones(tmp_path):
    labs = "\nid;Hb;Leuko;sex;Score\n\nS0;8,1;1;f;1\n;;;;\n\nS1;x;2;m;1\n"
    assert problems_of(write_cohort(tmp_path, labs=labs))[0].startswith("labs.csv row 7, Hb: 'x'")
    (tmp_path / "genes.csv").write_text("\nspecimen,A1\n\nS0,1\nS99,2\n")
    toml = GENES.replace("{kind}", "csv").replace('sets = "sets.gmt"\n', "")
    assert problems_of(write_cohort(tmp_path, toml))[0].startswith("genes.csv row 5, specimen: 'S99'")


@pytest.mark.parametrize("encoding", ["hex", "rot13", "undefined", "latin-99", "", "\\u0000"])
def test_an_encoding_that_is_none_is_one_sentence(tmp_path, encoding):
    with pytest.raises(CohortError):
        write_cohort(tmp_path, edited(TOML, "[specimens]\n", f'[specimens]\nencoding = "{encoding}"\n')).load()


@pytest.mark.parametrize("separator", ['"', "\n", "a", "1", ".", "\\u0000"])
def test_a_separator_that_is_none_is_refused(tmp_path, separator):
    written = separator.replace('"', '\\"').replace("\n", "\\n")
    with pytest.raises(CohortError, match=r"separator|control"):
        write_cohort(tmp_path, edited(TOML, 'separator = ";"', f'separator = "{written}"')).load()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "t.csv: cannot be read as a table: it is empty"),
        (" , \n\n", "t.csv: cannot be read as a table: it is empty"),
        ("a,b\n1,2,\n", "row 2 has 3 fields, the header 2. Do the rows end in a separator? Take it away."),
        ("a,b\n1,2\n7 x,2,3\n", "row 3 has 3 fields, the header 2. Is there a separator within a cell?"
         " Write \"...\" around it; the row begins with '7 x'."),
        ("a,b\n1\n", "row 2 has 1 fields, the header 2. Write every separator, also of empty cells at the end."),
        ("a,b\n1," + "x" * 140_000 + "\n", "row 2 cannot be read: field larger than field limit (131072)."
         ' Is there a lone " in it?'),
    ],
)  # fmt: skip
def test_a_table_that_is_none_says_what_to_do(tmp_path, content, said):
    (tmp_path / "t.csv").write_text(content)
    short = " 1 fields" in said  # a parser fills such a row up, and shifts nothing
    for read in (read_cells,) if short else (read_cells, read_header):
        with pytest.raises(CohortError, match=re.escape(said)):
            read(tmp_path / "t.csv", ",", "utf-8")
    if short:
        assert read_header(tmp_path / "t.csv", ",", "utf-8") == (["a", "b"], 1)


def test_columns_without_a_header_are_named_by_their_place_and_cells_stay_text(tmp_path):
    (tmp_path / "t.csv").write_text("\na;;c;\n1;02;NA; x\n")
    table = read_cells(tmp_path / "t.csv", ";", "utf-8")
    assert table.columns.tolist() == ["a", "Unnamed: 1", "c", "Unnamed: 3"]
    assert (table.to_numpy().tolist(), table.index.tolist()) == ([["1", "02", "NA", " x"]], [3])
    (tmp_path / "t.csv").write_text("a,b\n")
    assert read_cells(tmp_path / "t.csv", ",", "utf-8").shape == (0, 2)


@pytest.mark.parametrize(("row", "quote", "seen"), [(51, "", True), (52, "", False), (52, '"', True), (70, '"', True)])
def test_of_a_large_table_without_quotes_the_first_fifty_rows_are_looked_at(tmp_path, row, quote, seen):
    rows = [f"{quote}S{i}{quote},1" for i in range(2, 90)]
    rows[row - 2] += ",2"
    (tmp_path / "t.csv").write_text("\n".join(["a,b", *rows, ""]))
    if seen:
        with pytest.raises(CohortError, match=f"row {row} has 3 fields, the header 2"):
            read_header(tmp_path / "t.csv", ",", "utf-8")
    else:
        assert read_header(tmp_path / "t.csv", ",", "utf-8").fields == ["a", "b"]


@pytest.mark.parametrize(
    ("header", "separator", "other"),
    [(["a;b"], ",", ";"), (["a\tb"], ",", "\t"), (["a|b,c"], ";", "|"), (["a;b,c"], ",", ";"), (["a,b"], ",", None),
     (["a"], ",", None), (["a;b", "c"], ",", None), ([], ",", None)],
)  # fmt: skip
def test_the_separator_of_a_table_of_one_column_is_guessed(header, separator, other):
    assert other_separator(header, separator) == other


@pytest.mark.parametrize(
    ("content", "encoding", "remedy"),
    [
        ("a,ß\n".encode("cp1252"), "utf-8", 'Write encoding = "cp1252".'),
        ("a,\x81\n".encode("latin-1"), "utf-8", 'Write encoding = "latin-1".'),
        ("a,ß\n".encode(), "ascii", 'Write encoding = "utf-8".'),
        ("a,ß\n".encode("cp1252"), "ascii", 'Write encoding = "cp1252".'),
        ("a,b\n".encode("utf-16"), "utf-8", 'Write encoding = "utf-16".'),
        ("a,b\n".encode("utf-16-be"), "utf-8", 'Write encoding = "utf-16-be".'),
        ("a,b\n".encode("utf-32"), "utf-8", 'Write encoding = "utf-32".'),
        ("a,b\n".encode("utf-32-be"), "utf-8", 'Write encoding = "utf-32-be".'),
        ("a,b\n".encode("utf-32-le"), "utf-8", 'Write encoding = "utf-32-le".'),
        (b"\xff\xfea,b\n\0x", "utf-8", "Save it as UTF-8."),
    ],
)
def test_text_of_another_encoding_is_told_which(tmp_path, content, encoding, remedy):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(CohortError, match=rf"t\.csv: is not {encoding}: .*{re.escape(remedy)}$"):
        read_cells(tmp_path / "t.csv", ",", encoding)


def test_a_mark_before_utf_8_is_no_text_and_other_kinds_are_said(tmp_path):
    for name in ("utf-8", "UTF8", "utf_8", "utf-8-sig"):
        (tmp_path / "t.csv").write_bytes("a,ß\n1,2\n".encode("utf-8-sig"))
        assert read_cells(tmp_path / "t.csv", ",", name).columns.tolist() == ["a", "ß"]
    with pytest.raises(CohortError, match=r'unknown encoding: latin-99\. Name a known one\. Write encoding = "cp1252"'):
        read_cells(tmp_path / "t.csv", ",", "latin-99")
    (tmp_path / "t.csv").write_bytes(b"%PDF-1.7")
    with pytest.raises(CohortError, match=r"t\.csv: is a PDF document, not a text table\. Ask for"):
        read_cells(tmp_path / "t.csv", ",", "utf-8")


def test_utf_16_without_its_mark_is_told(tmp_path):
    (tmp_path / "t.csv").write_bytes("a,b\n1,2\n".encode("utf-16-le"))
    with pytest.raises(CohortError, match='encoding = "utf-16-le"'):
        read_cells(tmp_path / "t.csv", ",", "utf-8")


def places(tmp_path) -> dict[str, Path]:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "nothing").symlink_to("gone")
    return {
        "a named pipe": tmp_path / "pipe",
        "a folder": tmp_path,
        "a device": Path("/dev/zero"),
        "a link to nothing": tmp_path / "nothing",
        "cannot be reached": tmp_path / "loop",
        "cannot be reached ": tmp_path / ("x" * 300),
        "cannot be reached  ": tmp_path / "a\0b",
        "there is no file": tmp_path / "none.csv",
    }


def test_what_is_no_file_is_said_and_never_waited_for(tmp_path):
    for said, path in places(tmp_path).items():
        for read in (read_bytes, read_toml, lambda p: read_cells(p, ",", "utf-8")):
            with pytest.raises(CohortError, match=said.strip()):
                read(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a = 'ß'".encode("latin-1"), "is not UTF-8: byte 0xdf in line 1. Save it as UTF-8"),
        ("a = 1".encode("utf-16"), "is UTF-16 text. Save it as UTF-8"),
        (b"a = ", "not valid TOML"),
        (b"a = " + b"[" * 5000, "not valid TOML"),
        (b"a = " + b"9" * 5000, "not valid TOML"),
        (b'[a]\nb = ["x\\u001b[31m"]', r"control characters in a text \(first: a.b.0\)"),
    ],
)
def test_toml_that_is_none_is_one_sentence(tmp_path, content, said):
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(CohortError, match=said):
        read_toml(tmp_path / "x.toml")
    (tmp_path / "x.toml").write_bytes(b"\xef\xbb\xbfa = 1")
    assert read_toml(tmp_path / "x.toml") == {"a": 1}
