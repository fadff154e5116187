"""Files that are no text table: known by their bytes whatever they are called, with a remedy that helps."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import sqlite3
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from datasets.errors import CohortError
from datasets.read import file_kinds
from datasets.read.file_kinds import no_text_table
from tests.datasets.own.test_dataset import TOML, edited, write_cohort

TABLE = pd.DataFrame({"specimen": [f"S{i}" for i in range(16)], "patient": [f"P{i // 2}" for i in range(16)]}).assign(
    hospital=lambda t: np.where(np.arange(16) % 4 < 2, "A", "B"),
    diagnosis=lambda t: np.where(np.arange(16) // 2 % 2, "APL", "AML"),
)
CSV = TABLE.to_csv(index=False).encode()


def zipped(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "x")
        archive.writestr(name, CSV)
    return out.getvalue()


def excel() -> bytes:
    out = io.BytesIO()
    TABLE.to_excel(out, index=False, engine="openpyxl")
    return out.getvalue()


def sqlite(tmp_path) -> bytes:
    with sqlite3.connect(tmp_path / "x.db") as base:
        base.execute("create table t (a)")
    return (tmp_path / "x.db").read_bytes()


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    return out.getvalue()


KINDS = [
    (gzip.compress(CSV), "compressed with gzip", "Unpack"),
    (bz2.compress(CSV), "compressed with bzip2", "Unpack"),
    (lzma.compress(CSV), "compressed with xz", "Unpack"),
    (b"\x28\xb5\x2f\xfd\x00\x00", "compressed with zstd", "Unpack"),
    (zipped("specimens.csv"), "a ZIP archive", "Unpack"),
    (zipped("content.xml"), "an OpenDocument spreadsheet", "CSV"),
    (excel(), "an Excel workbook", "Save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook", "CSV"),
    *((pickle.dumps(TABLE, protocol=i), "a Python pickle", "never opened") for i in (2, 4, 5)),
    (b"%PDF-1.7\n", "a PDF document", "CSV"),
    (b"\x89HDF\r\n\x1a\n" + bytes(20), "an HDF5 file", "h5ad"),
    (b"RDX3\nX\n\x00", "an R data file", "write.csv"),
    (picture(), "a picture", "CSV"),
    (b"<!DOCTYPE html><html>", "a web page", "CSV"),
    (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS", "git lfs pull"),
    (bytes(range(256)) * 4, "a binary file", "CSV"),
]


@pytest.mark.parametrize(("content", "name", "remedy"), KINDS, ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize("called", ["specimens.csv", "specimens.PARQUET"])
def test_the_kind_is_said_whatever_the_file_is_called(tmp_path, content, name, remedy, called):
    dataset = write_cohort(tmp_path, edited(TOML, "specimens.csv", called))
    (tmp_path / called).write_bytes(content)
    with pytest.raises(CohortError, match=rf"{called}: is {name}.*{remedy}"):
        dataset.load()


def test_an_sqlite_database_is_known(tmp_path):
    assert "SQLite" in no_text_table(sqlite(tmp_path)).name


@pytest.mark.parametrize("called", ["specimens.PARQUET", "specimens.pq", "specimens.csv"])
def test_parquet_is_read_whatever_it_is_called(tmp_path, called):
    dataset = write_cohort(tmp_path, edited(TOML, "specimens.csv", called))
    TABLE.to_parquet(tmp_path / called)
    assert dataset.load().patient.tolist() == TABLE["patient"].tolist()


def test_lists_in_a_parquet_cell_are_refused(tmp_path):
    dataset = write_cohort(tmp_path, edited(TOML, "specimens.csv", "specimens.parquet"))
    TABLE.assign(diagnosis=[["APL", "AML"]] * 16).to_parquet(tmp_path / "specimens.parquet")
    with pytest.raises(CohortError, match=r"columns of lists, records or bytes \(first: diagnosis.*Write one value"):
        dataset.load()


@pytest.mark.parametrize("kept", [5, 0.5, 0.9])
def test_a_torn_parquet_file_is_named(tmp_path, kept):
    dataset = write_cohort(tmp_path, edited(TOML, "specimens.csv", "specimens.parquet"))
    TABLE.to_parquet(tmp_path / "specimens.parquet")
    content = (tmp_path / "specimens.parquet").read_bytes()
    (tmp_path / "specimens.parquet").write_bytes(content[: kept if kept > 1 else int(kept * len(content))])
    with pytest.raises(CohortError, match="cannot be read as Parquet"):
        dataset.load()


@pytest.mark.parametrize("text", ["specimen,x\n", "RDW,ORC\n1,2\n", "BZh,PK\n", "Rar!,x\n", "", "é\n", "%x,y\n"])
def test_a_text_table_is_never_taken_for_something_else(text):
    assert no_text_table(text.encode()) is None
    assert no_text_table(text.encode("utf-16")) is None


@pytest.mark.parametrize("level", range(1, 10))
def test_every_level_of_bzip2_and_every_protocol_of_pickle_is_known(level):
    assert no_text_table(bz2.compress(CSV, level)).name == "compressed with bzip2"
    found = no_text_table(b"\x80" + bytes([level]) + b"a,b\n1,2\n")
    assert (found is not None and found.name == "a Python pickle") == (2 <= level <= 5)


@pytest.mark.parametrize(("name", "said"), [
    ("xl/workbook.xml", "an Excel workbook"), ("xl/workbook.bin", "an Excel workbook"),
    ("content.xml", "an OpenDocument spreadsheet"), ("Index/Document.iwa", "a Numbers document"),
    ("a.csv", "a ZIP archive"),
])  # fmt: skip
def test_an_archive_is_what_lies_in_it(name, said):
    assert no_text_table(zipped(name)).name == said
    assert no_text_table(b"PK\x05\x06" + bytes(18)).name == no_text_table(zipped(name)[:20]).name == "a ZIP archive"


@pytest.mark.parametrize(
    ("content", "binary"),
    [(b"a" * 511 + b"\0", True), (b"a" * 512 + b"\0", False), (b"a\0b\0c", False), (b"a\0b", True), (b"\0\0a", False),
     (b"\xff\xfeabcdef\0", False), (b"\xfe\xffabcdef\0", False)],
)  # fmt: skip
def test_few_zero_bytes_at_the_beginning_are_no_text(content, binary):
    assert (no_text_table(content) is not None) == binary


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf\n <HTML>", b"\t<?xml version='1'?>", b"<!DocType HTML>"])
def test_markup_is_known_after_blanks_and_marks(content):
    assert no_text_table(content).name.startswith("a web page or XML")


def test_every_kind_has_a_name_and_a_remedy_in_sentences():
    for beginning, kind in file_kinds._BEGINNINGS:
        assert no_text_table(beginning + b" more") == kind
        assert kind.name.startswith(("a ", "an ", "compressed with ")) and not kind.name.endswith(".")
        assert kind.remedy[0].isupper() and kind.remedy.endswith(".")
    assert no_text_table(b"ARROW1").name == "an Arrow (Feather) file"
    assert no_text_table(b"$FL2@(#)").remedy == "Save it as CSV or Parquet, and name that file."
