"""Sealed files: whole or absent, noticed when they are anything else, set aside once, swept when their writer died."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.sealed import Untrusted, read_document, set_aside, sweep, write_atomic, write_document
from leaderboard.records.whole_file import replace_bytes

CONTENT = {"classes": ["APL", "other"], "n": 3, "q": [0.1, 1e-300, None], "name": "Ångström", "nested": {"1": True}}
DIES = """
import os, sys
from pathlib import Path
from {module} import {name} as write
os.fsync = lambda handle: os._exit(9)
write(Path(sys.argv[1]), b"half")
"""


@pytest.fixture
def path(tmp_path):
    write_document(tmp_path / "d.json", CONTENT)
    return tmp_path / "d.json"


def test_a_document_comes_back(path):
    assert read_document(path) == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["d.json"]


@given(st.data())
def test_any_change_of_a_byte_or_a_cut_is_noticed(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("d") / "d.json"
    write_document(path, CONTENT)
    body = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(body) - 1))
    if data.draw(st.booleans()):
        del body[at:]
    else:
        body[at] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(body))
    try:
        assert read_document(path) == CONTENT  # white space and ways to write a number may differ
    except Untrusted as error:
        assert error.path == path


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | st.sampled_from([b"[" * 200_000, b"null"]))
def test_foreign_bytes_are_untrusted_whatever_they_are(tmp_path_factory, body):
    path = tmp_path_factory.mktemp("d") / "d.json"
    path.write_bytes(body)
    with pytest.raises(Untrusted):
        read_document(path)


def test_two_values_that_change_places_are_noticed(path):
    raw = json.loads(path.read_text())
    path.write_text(json.dumps({**raw, "classes": raw["classes"][::-1]}))
    with pytest.raises(Untrusted, match="does not match its seal"):
        read_document(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(Untrusted):
        read_document(path)


def test_what_is_set_aside_is_named_once_and_replaces_what_was(path):
    told: list[str] = []
    to = set_aside(path, "is torn", told.append)
    assert told == [f"Quarantined: {path} is torn; moved to {to}, to be made again"]
    assert to == path.parent / "quarantine" / "d.json" and not path.exists()
    path.mkdir()
    set_aside(path, "is a folder", told.append)
    assert to.is_dir() and list(path.parent.iterdir()) == [path.parent / "quarantine"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    def full_disk(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    for write in (write_atomic, replace_bytes):
        with pytest.raises(OSError, match="No space left"):
            write(path, b"other")
    assert [p.name for p in path.parent.iterdir()] == ["d.json"]
    assert read_document(path) == CONTENT


@pytest.mark.parametrize("writer", ["datasets.sealed write_atomic", "leaderboard.records.whole_file replace_bytes"])
def test_only_what_dead_writers_left_is_swept(tmp_path, writer):
    module, name = writer.split()
    code = DIES.format(module=module, name=name)
    (tmp_path / "deep").mkdir()
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "deep" / "f.json")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p) or root},
        check=False,
    )
    assert done.returncode == 9
    (left,) = (tmp_path / "deep").iterdir()
    mine = left.with_name(left.name.replace(left.name.split(".")[3].split("@")[0], str(os.getpid())))
    elsewhere = left.with_name(left.name.replace("@", "@not-"))
    for path in (mine, elsewhere, tmp_path / ".hidden", tmp_path / "x.part", tmp_path / ".x.1@.part"):
        path.write_bytes(b"kept")
    assert sweep(tmp_path) == [left]
    os.utime(elsewhere, (0, 0))
    assert sweep(tmp_path) == [elsewhere]
    assert mine.exists() and len(list(tmp_path.iterdir())) == 4
