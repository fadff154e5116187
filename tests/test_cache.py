import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datasets.cache import cache_root, cached_arrays

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
    with pytest.raises(OSError, match="No space left"):
        cached_arrays("k", lambda: {"a": np.ones(3), "b": np.ones(3)}, tmp_path)
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == []
    assert set(cached_arrays("k", lambda: {"a": np.ones(3)}, tmp_path)) == {"a"}


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
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    running = [subprocess.Popen([*command, str(i)], stdout=subprocess.PIPE, text=True, env=env) for i in range(2)]
    while len(list(tmp_path.glob("ready-*"))) < 2:
        assert all(p.poll() is None for p in running)
    (tmp_path / "go").touch()
    said = [p.communicate(timeout=60)[0].strip() for p in running]
    assert said == ["499500", "499500"]
    assert (tmp_path / "builds.log").read_text() == "built\n"


def test_cache_root_is_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "c"))
    assert cache_root() == tmp_path / "c"
    cached_arrays("k", lambda: {"x": np.ones(1)})
    assert (tmp_path / "c" / "k" / "x.npy").exists()
    monkeypatch.delenv("HEMABENCH_CACHE")
    assert "hemabench" in str(cache_root())
