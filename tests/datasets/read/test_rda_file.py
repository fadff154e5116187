"""Files of R that are whole, cut off or changed by a bit, packed in each of the ways that R packs them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import rdata

from datasets.errors import CohortError
from datasets.read import bioc_expression_set
from datasets.read.bioc_expression_set import read_expression_set
from datasets.read.rda_file import read_rda
from tests.datasets.public import r_ascii

PACKED = {"plain": bytes, "bz2": bz2.compress, "gzip": gzip.compress, "xz": lzma.compress}
of_each = pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)


@pytest.fixture
def path(tmp_path):
    rdata.write_rda(tmp_path / "x.rda", {"values": np.arange(20.0), "names": ["a", "b"]}, compression="gzip")
    (tmp_path / "x.rda").write_bytes(gzip.decompress((tmp_path / "x.rda").read_bytes()))
    return tmp_path / "x.rda"


@of_each
def test_objects_are_read_by_name(path, pack):
    path.write_bytes(pack(path.read_bytes()))
    found = read_rda(path)
    assert list(found) == ["values", "names"]
    assert found["values"].tolist() == list(range(20)) and list(found["names"]) == ["a", "b"]


@of_each
@pytest.mark.parametrize("read", [read_rda, read_expression_set])
def test_a_file_that_was_cut_off_is_named(path, pack, read):
    whole = pack(path.read_bytes())
    for kept in range(0, len(whole) - 8, max(1, len(whole) // 40)):
        path.write_bytes(whole[:kept])
        with pytest.raises(CohortError, match=r"^x\.rda: cannot be read as "):
            read(path)


@of_each
def test_a_file_with_a_flipped_bit_is_read_or_named(path, pack):
    rng, whole = np.random.default_rng(0), pack(path.read_bytes())
    said = 0
    for _ in range(120):
        content = bytearray(whole)
        content[rng.integers(len(content))] ^= 1 << rng.integers(8)
        path.write_bytes(bytes(content))
        try:
            read_rda(path)
        except CohortError as error:
            said += str(error).startswith("x.rda: cannot be read as .rda: ")
    assert said > 10


@pytest.mark.parametrize("content", [b"", b"no R", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"])
def test_a_file_of_another_kind_is_named_with_its_own_ending(tmp_path, content):
    (tmp_path / "x.RData").write_bytes(content)
    with pytest.raises(CohortError, match=r"^x\.RData: cannot be read as \.RData"):
        read_rda(tmp_path / "x.RData")


def test_lists_of_r_may_refer_to_names_that_came_before():
    def node(name, value, rest, *, before):
        tag = SimpleNamespace(value=SimpleNamespace(value=name))
        told = (
            SimpleNamespace(referenced_object=tag)
            if before
            else SimpleNamespace(referenced_object=None, value=tag.value)
        )
        return SimpleNamespace(tag=told, value=(value, rest))

    end = SimpleNamespace(value=None)
    for last in (None, end):
        told = node(b"a", 1, node(b"b", 2, last, before=True), before=False)
        assert bioc_expression_set._pairs(told) == {"a": 1, "b": 2}
    assert bioc_expression_set._pairs(None) == bioc_expression_set._pairs(end) == {}


def test_files_of_old_r_that_do_not_say_their_encoding_are_read_in_silence(tmp_path):
    text = r_ascii.rda("name", r_ascii.strings(["a", "b"]))
    (tmp_path / "x.rda").write_text(text.replace("262153\n", "9\n"))  # characters without the flag of ASCII
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert pd.Series(read_rda(tmp_path / "x.rda")["name"]).tolist() == ["a", "b"]
        with pytest.raises(CohortError, match="cannot be read as an ExpressionSet"):
            read_expression_set(tmp_path / "x.rda")
    assert not told
    with pytest.warns(UserWarning, match="encoding"):
        rdata.read_rda(tmp_path / "x.rda")
