"""Parquet files: told from others by their bytes, read as plain values, and refused in a sentence."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets.errors import CohortError
from datasets.read.parquet_file import is_parquet, read_parquet

TABLE = pd.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"]})


@pytest.mark.parametrize("name", ["t.parquet", "t.PARQUET", "t.csv", "t"])
def test_a_file_is_known_by_its_bytes(tmp_path, name):
    TABLE.to_parquet(tmp_path / name)
    assert is_parquet(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty, not Parquet as its name says. Rename it."), (b"a,b\n", "is text, not Parquet as its name says"),
     (b"\x1f\x8b\x08", "is compressed with gzip, not Parquet as its name says. Unpack it first")],
)  # fmt: skip
def test_what_is_called_parquet_and_is_none_is_said(tmp_path, content, said):
    for name in ("t.parquet", "t.csv"):
        (tmp_path / name).write_bytes(content)
    assert not is_parquet(tmp_path / "t.csv")
    with pytest.raises(CohortError, match=f"t.parquet: {said}"):
        is_parquet(tmp_path / "t.parquet")
    with pytest.raises(CohortError, match="there is no file"):
        is_parquet(tmp_path / "none.parquet")


@pytest.mark.parametrize("index", [None, [7, 5, 6], pd.Index([3, 1, 2], name="patient")])
def test_rows_are_counted_from_one_and_an_index_without_a_name_is_no_column(tmp_path, index):
    table = TABLE if index is None else TABLE.set_axis(index)
    table.to_parquet(tmp_path / "t.parquet", index=index is not None)
    read = read_parquet(tmp_path / "t.parquet")
    named = ["patient"] if isinstance(index, pd.Index) else []
    assert read.columns.tolist() == ["a", "b", *named]
    assert read.index.tolist() == [1, 2, 3] and read["a"].tolist() == [1, 2, 3]
    assert read["b"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([[1], [2]], "list<item: int64>"), ([{"x": 1}, {"x": 2}], "struct<x: int64>"), ([b"x", b"y"], "binary"),
        (pa.array([b"x", b"y"], pa.large_binary()), "large_binary"),
    ],
)  # fmt: skip
def test_cells_that_are_no_plain_values_are_refused(tmp_path, values, kind):
    values = values if isinstance(values, pa.Array) else pa.array(values)
    pq.write_table(pa.table({"a": [1, 2], "odd": values, "b": ["x", "y"]}), tmp_path / "t.parquet")
    with pytest.raises(
        CohortError, match=r"t\.parquet: has columns of lists, records or bytes \(first: odd \("
    ) as told:
        read_parquet(tmp_path / "t.parquet")
    assert kind.split("<")[0] in str(told.value) and "a (int64)" not in str(told.value)


def test_columns_of_one_name_are_named_in_order(tmp_path):
    names = list("FCADEBFCADEBX")
    pq.write_table(pa.table([pa.array([1])] * len(names), names=names), tmp_path / "t.parquet")
    with pytest.raises(CohortError, match=r"t\.parquet: has columns of one name \(first: A, B, C, D"):
        read_parquet(tmp_path / "t.parquet")


def test_a_torn_file_is_named(tmp_path):
    TABLE.to_parquet(tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(CohortError, match=r"t\.parquet: cannot be read as Parquet: .*Write it anew\."):
        read_parquet(tmp_path / "t.parquet")
