"""Sealed files: whole or absent, noticed when they are anything else, set aside once, swept when their writer died."""

import hashlib
import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.sealed import (
    Untrusted,
    part_prefix,
    read_document,
    set_aside,
    sweep,
    unsealed,
    write_atomic,
    write_document,
)
from leaderboard.records.whole_file import replace_bytes

CONTENT = {"classes": ["APL", "other"], "n": 3, "q": [0.1, 1e-300, None], "name": "Ångström", "nested": {"1": True}}
DIES = """
import os, sys
from pathlib import Path
from types import SimpleNamespace
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


def test_a_document_has_a_line_a_field_and_the_hash_of_the_others(tmp_path):
    write_document(tmp_path / "new" / "d.json", {"b": (1, "é"), "a": {2: None}, "sha256": "old"})
    plain = {"b": [1, "é"], "a": {"2": None}}
    seal = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    path = tmp_path / "new" / "d.json"
    assert path.read_text() == f'{{\n"b": [1, "é"],\n"a": {{"2": null}},\n"sha256": "{seal}"\n}}'
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert unsealed(json.dumps({"sha256": seal, "a": {"2": None}, "b": [1, "é"]}).encode()) == plain
    for body, told in ((b"[1]", "no seal"), (b'{"a": 1}', "no seal"), (b'{"sha256": 1}', "does not match its seal")):
        with pytest.raises(ValueError, match=f"^{told}$"):
            unsealed(body)
    path.write_bytes(b'{"a": 1}')
    with pytest.raises(Untrusted, match=rf"^{path} is torn, edited or foreign \(no seal\)$") as caught:
        read_document(path)
    assert (caught.value.path, caught.value.why) == (path, "is torn, edited or foreign (no seal)")


def test_bytes_and_names_are_synced_in_that_order(tmp_path, monkeypatch):
    seen = []
    real = os.replace
    monkeypatch.setattr("os.fsync", lambda handle: seen.append(stat.S_ISDIR(os.fstat(handle).st_mode)))
    monkeypatch.setattr("os.replace", lambda a, b: seen.append("named") or real(a, b))
    monkeypatch.setattr("os.urandom", lambda n: bytes(n))
    write_atomic(tmp_path / ("n" * 150), b"x")
    assert seen == [False, "named", True]
    set_aside(tmp_path / ("n" * 150), "is odd", lambda _: None)
    assert seen[3:] == ["named", True]
    assert part_prefix("n" * 150) == f".{'n' * 100}.{os.getpid()}@{socket.gethostname()[:60]}."


def test_no_handle_stays_open_and_a_part_is_read_by_its_writer_alone(tmp_path, monkeypatch):
    def handles():
        return len(os.listdir("/proc/self/fd"))

    before, modes = handles(), []
    monkeypatch.setattr("os.fsync", lambda handle: modes.append(stat.S_IMODE(os.fstat(handle).st_mode)))
    for k in range(3):
        write_atomic(tmp_path / str(k), b"x")
    assert handles() == before and modes[0] == 0o600
    part = tmp_path / f"{part_prefix('9')}{'00' * 6}.part"
    part.write_bytes(b"of another")
    monkeypatch.setattr("os.urandom", lambda n: bytes(n))
    with pytest.raises(FileExistsError):
        write_atomic(tmp_path / "9", b"x")
    assert part.read_bytes() == b"of another"


def test_unfinished_folders_are_swept_and_ages_count_from_the_limit(tmp_path, monkeypatch):
    here = socket.gethostname()[:60]
    dead = subprocess.Popen([sys.executable, "-S", "-c", ""])
    dead.wait()
    folder = tmp_path / f".f.{dead.pid}@{here}.ab_1.part"
    (folder / "deep").mkdir(parents=True)
    old, young = (tmp_path / f".f.1@elsewhere.{name}.part" for name in ("old", "young"))
    for path, age in ((old, 110), (young, 90)):
        path.touch()
        os.utime(path, (time.time() - age,) * 2)
    (tmp_path / f".f.{10**30}@{here}.x.part").touch()  # no number of a process
    (tmp_path / f".f.{os.getppid()}@{here}.x.part").touch()
    assert sorted(sweep(tmp_path, older_than=100)) == sorted([folder, old])
    assert len(list(tmp_path.iterdir())) == 3

    def forbidden(pid, signal):
        assert signal == 0
        raise PermissionError

    monkeypatch.setattr("os.kill", forbidden)  # of another user, so alive
    assert sweep(tmp_path) == []


def test_folders_in_quarantine_are_replaced_by_what_comes_after(tmp_path, caplog):
    for k in range(2):
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / str(k)).touch()
        set_aside(tmp_path / "x", "is odd")
    assert [path.name for path in (tmp_path / "quarantine" / "x").iterdir()] == ["1"]
    assert len(caplog.records) == 2 and caplog.records[0].levelname == "WARNING"


@pytest.mark.parametrize(("options", "limit"), [({}, 86_400), ({"older_than": 100}, 100)])
def test_what_is_older_than_a_day_is_left_behind(tmp_path, monkeypatch, options, limit):
    monkeypatch.setattr("datasets.sealed.time", SimpleNamespace(time=lambda: 1e9))
    for name, age in (("old", limit + 0.5), ("at", limit), ("young", limit - 1)):
        path = tmp_path / f".f.1@elsewhere.{name}.part"
        path.touch()
        os.utime(path, (1e9 - age,) * 2)
    assert [path.name for path in sweep(tmp_path, **options)] == [".f.1@elsewhere.old.part"]
