import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from filelock import FileLock

from datasets.cache import CacheFull, CacheShut, Rows, cache_root, cached_arrays
from datasets.sealed import write_document

_BUILDER = """
import sys, time
from pathlib import Path
import numpy as np
from datasets.cache import cached_arrays
root = Path(sys.argv[1])

def build():
    with (root / "builds.log").open("a") as log:
        log.write("built\\n")
    time.sleep(0.5)
    return {"x": np.arange(1000)}

(root / f"ready-{sys.argv[2]}").touch()
while not (root / "go").exists():
    time.sleep(0.01)
print(int(cached_arrays("shared", build, root / "cache")["x"].sum()))
"""


def test_arrays_come_back_as_read_only_maps(tmp_path):
    made = {"x": np.arange(6.0).reshape(2, 3), "names": np.array(["a", "ü"]), "none": np.empty((0, 4), np.uint8)}
    got = cached_arrays("k", lambda: made, tmp_path)
    assert set(got) == set(made)
    for name, array in made.items():
        np.testing.assert_array_equal(got[name], array)
        assert got[name].dtype == array.dtype
    assert isinstance(got["x"], np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        got["x"][0, 0] = 1


def test_builds_once_for_a_key(tmp_path):
    first = cached_arrays("k", lambda: {"x": np.ones(2)}, tmp_path)
    again = cached_arrays("k", lambda: pytest.fail("built again"), tmp_path)
    other = cached_arrays("l", lambda: {"x": np.zeros(2)}, tmp_path)
    assert first["x"].sum() == again["x"].sum() == 2
    assert other["x"].sum() == 0


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_build_that_fails_leaves_nothing_to_read(tmp_path, error):
    def broken():
        raise error

    with pytest.raises(type(error)):
        cached_arrays("k", broken, tmp_path)
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == []
    assert cached_arrays("k", lambda: {"x": np.ones(3)}, tmp_path)["x"].sum() == 3


def test_a_full_disk_while_writing_leaves_nothing_to_read(tmp_path, monkeypatch):
    real, calls = os.fsync, []

    def full(handle):
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CacheFull, match=r"No space left.*HEMABENCH_CACHE"):
        cached_arrays("k", lambda: {"a": np.ones(3), "b": np.ones(3)}, tmp_path)
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == []
    assert set(cached_arrays("k", lambda: {"a": np.ones(3)}, tmp_path)) == {"a"}


@pytest.mark.parametrize(("dtype", "shape"), [(np.uint8, (2, 3)), (np.float32, ()), (">i4", (5,))])
@pytest.mark.parametrize("count", [0, 1, 12_345])
def test_rows_on_the_fly_are_the_array(tmp_path, count, dtype, shape):
    whole = np.random.default_rng(0).integers(0, 99, (count, *shape)).astype(dtype)
    rows = (np.asarray(row) for row in whole)
    got = cached_arrays("k", lambda: iter([("x", Rows(rows, shape, whole.dtype, count)), ("y", np.ones(2))]), tmp_path)
    np.testing.assert_array_equal(got["x"], whole)
    assert got["x"].dtype == whole.dtype
    assert got["y"].sum() == 2


def test_a_row_of_another_shape_is_refused(tmp_path):
    rows = [np.zeros(3, np.uint8), np.zeros(4, np.uint8)]
    with pytest.raises(ValueError, match=r"row 1 is uint8 \(4,\)"):
        cached_arrays("k", lambda: iter([("x", Rows(rows, (3,), np.uint8, 2))]), tmp_path)
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError("Not enough free space to write 80 bytes after offset 128"), CacheFull),  # numpy's own, no errno
        (OSError(122, "Disk quota exceeded"), CacheFull),
        (PermissionError(13, "Permission denied"), PermissionError),
    ],
)
def test_only_a_full_disk_is_called_full(tmp_path, monkeypatch, error, kind):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr(np, "save", broken)
    with pytest.raises(OSError, match=re.escape(str(error))) as caught:
        cached_arrays("k", lambda: {"a": np.ones(125_000)}, tmp_path)
    assert type(caught.value) is kind
    assert kind is not CacheFull or f"the cache {tmp_path} has no room for k: at least 1 MB are needed" in str(
        caught.value
    )
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == []


def test_a_build_that_cannot_read_is_not_a_full_cache(tmp_path):
    def unreadable():
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output") as caught:
        cached_arrays("k", unreadable, tmp_path)
    assert not isinstance(caught.value, CacheFull)


def test_what_a_killed_build_left_is_not_read(tmp_path):
    (tmp_path / ".k.partial").mkdir(parents=True)
    (tmp_path / ".k.partial" / "x.npy").write_bytes(b"torn")
    assert cached_arrays("k", lambda: {"y": np.ones(1)}, tmp_path).keys() == {"y"}
    assert not (tmp_path / ".k.partial").exists()


def test_objects_are_refused(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle"):
        cached_arrays("k", lambda: {"x": np.array([{}], dtype=object)}, tmp_path)
    assert not (tmp_path / "k").exists()


def test_two_processes_that_ask_at_once_build_once(tmp_path):
    command = [sys.executable, "-c", _BUILDER, str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    running = [subprocess.Popen([*command, str(i)], stdout=subprocess.PIPE, text=True, env=env) for i in range(2)]
    while len(list(tmp_path.glob("ready-*"))) < 2:
        assert all(p.poll() is None for p in running)
    (tmp_path / "go").touch()
    said = [p.communicate(timeout=60)[0].strip() for p in running]
    assert said == ["499500", "499500"]
    assert (tmp_path / "builds.log").read_text() == "built\n"


def test_a_builder_that_is_killed_frees_who_waits(tmp_path):
    """The first builds for ever; the second, which waits, builds as soon as the first is gone."""
    slow = _BUILDER.replace("time.sleep(0.5)", "time.sleep(600)")
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    (tmp_path / "go").touch()
    first = subprocess.Popen([sys.executable, "-c", slow, str(tmp_path), "0"], env=env)
    try:
        while not (tmp_path / "builds.log").exists():
            assert first.poll() is None
        second = [sys.executable, "-c", _BUILDER, str(tmp_path), "1"]
        waits = subprocess.Popen(second, stdout=subprocess.PIPE, text=True, env=env)
        while not (tmp_path / "ready-1").exists():
            assert waits.poll() is None
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert waits.communicate(timeout=60)[0].strip() == "499500"
    assert (tmp_path / "builds.log").read_text() == "built\n" * 2


@pytest.mark.parametrize("home", ["file/cache", "file"])
def test_a_place_that_cannot_be_written_is_named_with_what_to_do(tmp_path, home):
    (tmp_path / "file").touch()
    with pytest.raises(CacheShut, match=rf"the cache {tmp_path / home} cannot be written \(.*set HEMABENCH_CACHE to"):
        cached_arrays("k", lambda: pytest.fail("built for nothing"), tmp_path / home)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc takes no new folders, from nobody")
def test_what_is_there_is_read_where_nothing_can_be_written(tmp_path, monkeypatch):
    with pytest.raises(CacheShut):
        cached_arrays("k", lambda: pytest.fail("built for nothing"), Path("/proc/cache"))
    cached_arrays("k", lambda: {"x": np.ones(2)}, tmp_path)
    monkeypatch.setattr("filelock.FileLock", lambda _: pytest.fail("asked for a lock"))
    assert cached_arrays("k", lambda: pytest.fail("built again"), tmp_path)["x"].sum() == 2


def test_cache_root_is_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "c"))
    assert cache_root() == tmp_path / "c"
    cached_arrays("k", lambda: {"x": np.ones(1)})
    assert (tmp_path / "c" / "k" / "x.npy").exists()
    monkeypatch.delenv("HEMABENCH_CACHE")
    assert "hemabench" in str(cache_root())


def rows_swapped(folder):
    array = np.load(folder / "x.npy", mmap_mode="r+")
    array[[0, 1]] = array[[1, 0]]
    array.flush()


def of_another_key(folder):
    other = folder.with_name("other")
    cached_arrays("other", lambda: {"x": np.zeros((3, 2)), "y": np.zeros(1)}, folder.parent)
    shutil.rmtree(folder)
    other.rename(folder)


def emptied(folder):
    for path in folder.glob("*.npy"):
        np.save(path, np.empty((0, 2)))


DAMAGE = {
    "rows swapped": rows_swapped,
    "of another key": of_another_key,
    "emptied": emptied,
    "torn": lambda folder: (folder / "x.npy").write_bytes((folder / "x.npy").read_bytes()[:-1]),
    "zero bytes": lambda folder: (folder / "x.npy").write_bytes(b""),
    "an array is gone": lambda folder: (folder / "y.npy").unlink(),
    "an array is one too many": lambda folder: np.save(folder / "z.npy", np.ones(2)),
    "the seal is gone": lambda folder: (folder / "sealed.json").unlink(),
    "the seal is torn": lambda folder: (folder / "sealed.json").write_text("{"),
    "nothing is left": lambda folder: [path.unlink() for path in folder.iterdir()],
}


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("known", [True, False])
def test_what_cannot_be_trusted_is_named_set_aside_and_made_again(tmp_path, monkeypatch, caplog, how, known):
    made = {"x": np.arange(6.0).reshape(3, 2), "y": np.array(["a"])}
    cached_arrays("k", lambda: made, tmp_path)
    if not known:
        monkeypatch.setattr("datasets.cache._VERIFIED", set())  # as in another process
    DAMAGE[how](tmp_path / "k")
    for _ in range(2):
        got = cached_arrays("k", lambda: made, tmp_path)
        assert got.keys() == made.keys()
        for name, array in made.items():
            np.testing.assert_array_equal(got[name], array)
    assert [record.getMessage().split(" ")[:2] for record in caplog.records] == [["Quarantined:", f"{tmp_path / 'k'}"]]
    assert (tmp_path / "quarantine" / "k").is_dir()


def test_a_large_array_is_checked_to_its_last_block_and_once_a_process(tmp_path, monkeypatch):
    made = np.random.default_rng(0).integers(0, 256, 9 * 2**20, dtype=np.uint8)
    cached_arrays("k", lambda: {"x": made}, tmp_path)
    read = []
    monkeypatch.setattr("datasets.cache._checksums", lambda path: read.append(path))
    cached_arrays("k", lambda: pytest.fail("built again"), tmp_path)
    assert read == []
    monkeypatch.undo()
    with (tmp_path / "k" / "x.npy").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(bytes([made[-1] ^ 1]))
    np.testing.assert_array_equal(cached_arrays("k", lambda: {"x": made}, tmp_path)["x"], made)


def test_what_builds_of_other_keys_left_when_they_were_killed_is_swept(tmp_path):
    (tmp_path / ".dead.partial").mkdir()
    (tmp_path / ".busy.partial").mkdir()
    with FileLock(tmp_path / ".busy.lock"):
        cached_arrays("k", lambda: {"x": np.ones(1)}, tmp_path)
    assert not (tmp_path / ".dead.partial").exists() and (tmp_path / ".busy.partial").exists()


def test_the_seal_has_the_hash_of_every_four_mebibytes_and_names_are_in_order(tmp_path):
    made = {"z": np.random.default_rng(0).bytes(9 * 2**20), "a": b"", "m": b"x"}
    made = {name: np.frombuffer(body, np.uint8) for name, body in made.items()}
    got = cached_arrays("k", lambda: made, tmp_path)
    assert list(got) == ["a", "m", "z"]
    told = json.loads((tmp_path / "k" / "sealed.json").read_text())
    assert told["key"] == "k" and set(told) == {"key", "blocks", "sha256"}
    for name in made:
        body = (tmp_path / "k" / f"{name}.npy").read_bytes()
        parts = [body[start : start + 4 * 2**20] for start in range(0, len(body), 4 * 2**20)]
        assert told["blocks"][f"{name}.npy"] == [hashlib.sha256(part).hexdigest() for part in parts]


def test_what_rows_need_is_counted_and_a_full_disk_says_how_much(tmp_path, monkeypatch):
    assert Rows((), (2, 3), np.int16, 5).nbytes == 60 and Rows((), (), ">f8", 7).nbytes == 56
    monkeypatch.setattr("shutil.disk_usage", lambda home: SimpleNamespace(free=7_000_000 if home == tmp_path else 0))

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    made = [("a", np.zeros(2_000_000)), ("b", Rows((), (1000,), np.float64, 1000))]
    with pytest.raises(CacheFull) as caught:
        cached_arrays("k", lambda: iter(made), tmp_path)
    told = "at least 24 MB are needed, 7 MB are free ([Errno 28] No space left on device). Free some space, or set"
    assert told in str(caught.value)


def test_bytes_of_every_array_and_the_name_of_the_folder_are_synced(tmp_path, monkeypatch):
    seen, real = [], os.fsync

    def spy(handle):
        seen.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        real(handle)

    monkeypatch.setattr("os.fsync", spy)
    cached_arrays("k", lambda: {"x": np.ones(2), "y": np.ones(2)}, tmp_path)
    assert seen[:2] == ["x.npy", "y.npy"] and seen[2].endswith(".part") and seen[3:] == [".k.partial", tmp_path.name]


def test_what_is_wrong_with_a_kept_folder_is_told(tmp_path, caplog):
    def kept():
        return cached_arrays("k", lambda: {"x": np.arange(3), "y": np.ones(1)}, tmp_path)

    kept()
    (tmp_path / "k" / "y.npy").unlink()
    kept()
    (tmp_path / "k" / "x.npy").write_bytes(b"x")
    kept()
    write_document(tmp_path / "k" / "sealed.json", {"key": "other", "blocks": {}})
    kept()
    said = [record.getMessage().split(" ", 2)[2].partition(";")[0] for record in caplog.records]
    assert said == [
        "has the arrays ['x.npy'], not ['x.npy', 'y.npy']",
        "is torn or edited: x.npy does not match its checksums",
        "was made for other",
    ]


def test_only_an_array_of_one_shape_and_type_is_written_row_by_row(tmp_path):
    for rows, told in (
        ([np.zeros(3), np.zeros(3, np.float32)], r"^row 1 is float32 \(3,\), the array has <?f(loat64|8) \(3,\)$"),
        ([np.zeros((3, 1))], r"^row 0 is float64 \(3, 1\), the array has "),
    ):
        with pytest.raises(ValueError, match=told):
            cached_arrays("k", lambda rows=rows: iter([("x", Rows(rows, (3,), np.dtype(float), 2))]), tmp_path)
    deep = tmp_path / "not" / "there"
    assert cached_arrays("k", lambda: {"x": np.ones(1)}, deep)["x"].sum() == 1
    FileLock(deep / ".k.lock").acquire(timeout=0)
