"""What a source says of its files, and what a copy of them is."""

import hashlib

import pytest

from datasets.cohort import Provenance
from datasets.fetch.origin import provenance_of
from datasets.fetch.sources import ManualSource, RemoteFile, Source, UrlSource, file_state, matches, paths_below

SHA, MD5 = hashlib.sha256(b"abc").digest(), hashlib.md5(b"abc").digest()


@pytest.mark.parametrize(
    ("known", "digest", "state", "same"),
    [
        ({}, None, "unverified", False),
        ({"size": 3}, None, "unverified", False),
        ({"size": 4}, None, "modified", False),
        ({"size": 3, "sha256": SHA}, ("sha256", SHA), "ok", True),
        ({"sha256": SHA, "md5": SHA}, ("sha256", SHA), "ok", True),
        ({"md5": MD5}, ("md5", MD5), "ok", True),
        ({"md5": SHA}, ("md5", SHA), "modified", False),
        ({"size": 2, "md5": MD5}, ("md5", MD5), "modified", True),
    ],
)
def test_a_file_is_ok_where_something_vouches_for_it(tmp_path, known, digest, state, same):
    file = RemoteFile("f", **known)
    assert file.digest == digest and file_state(file, tmp_path / "f") == "missing"
    (tmp_path / "f").write_bytes(b"abc")
    assert file_state(file, tmp_path / "f") == state and matches(file, tmp_path / "f") is same
    assert file_state(file, tmp_path) == "missing"


def test_addresses_and_words_are_those_of_the_kind_of_source(tmp_path):
    files = (RemoteFile("a", url="http://h/a"), RemoteFile("b", url="http://h/b?x"))
    urls, pinned = UrlSource("http://p", "s", "CC0", files), Source("o/r", "abc", "s", "CC0", files, host="http://h")
    assert [urls.url("a"), urls.url("b"), pinned.url("x y/ä")] == [
        "http://h/a", "http://h/b?x", "http://h/o/r/abc/x%20y/%C3%A4"
    ]  # fmt: skip
    assert urls.all_files() == pinned.all_files() == list(files)
    assert urls.by_hand(tmp_path) == (
        f"get the files that http://p lists, put them into {tmp_path} and unpack the archives there"
    )
    assert pinned.by_hand(tmp_path) == (
        f"get commit abc of https://github.com/o/r, copy its files to {tmp_path} with their folders"
    )
    assert urls.absent("C") == pinned.absent("C") == "needs download: C"
    manual = ManualSource("http://p", "s", "CC0", ("One.", "Two {folder}, {folder}."), files=files)
    assert manual.instructions(tmp_path) == ["1. One.", f"2. Two {tmp_path}, {tmp_path}."]
    assert manual.all_files() == list(files)


def test_files_below_a_folder_are_found_at_any_depth(tmp_path):
    for path in ("a", "x/b", "x/y/c"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert sorted(paths_below(tmp_path)) == ["a", "x/b", "x/y/c"]


def test_the_origin_says_whether_sizes_are_those_of_the_source(tmp_path):
    files = (RemoteFile("a", 1), RemoteFile("b"), RemoteFile("c", 2))
    pinned, urls = Source("o/r", "abc", "s", "CC0", files), UrlSource("http://p", "s", "BY", files)
    (tmp_path / "a").write_bytes(b"x")
    for body, modified in ((None, True), (b"x", True), (b"xx", False), (b"xxx", True)):
        if body is not None:
            (tmp_path / "c").write_bytes(body)
        origin = Provenance("https://github.com/o/r", "abc", "CC0", modified=modified, absent=("gone",))
        assert provenance_of(tmp_path, pinned, ("gone",)) == origin
        assert provenance_of(tmp_path, urls) == Provenance("http://p", "", "BY", modified=modified)
