"""What a user wrote runs as it stands on disk: no compiled copy of it is read or left."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from benchmark.entries import from_source
from benchmark.entries.source_facts import ROOT

LOAD = """
import sys
from benchmark.entries.registry import EntrySpec, entry_module

module = entry_module(EntrySpec("Mine", sys.argv[1] + ":Mine"))
print(module.VALUE, module.NEAR, module.DEEP, module.ORDER)
"""
MINE = """
import near
from pack import deep

VALUE = 1
NEAR, DEEP = near.VALUE, deep.VALUE
ORDER = "".join({"a", "b", "c", "d", "e", "f"})
"""


def load(file: Path, hash_seed: str = "0") -> str:
    return python(LOAD, str(file), folder=ROOT, hash_seed=hash_seed)


def python(*words: str, folder: Path, hash_seed: str = "0") -> str:
    """Run Python as it usually is: it keeps compiled copies."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env |= {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", *words], cwd=folder, env=env, check=True, capture_output=True, text=True
    )
    return done.stdout


def written(folder: Path) -> Path:
    (folder / "pack").mkdir(parents=True)
    for name in ("near.py", "pack/__init__.py", "pack/deep.py"):
        (folder / name).write_text("VALUE = 1\n")
    (folder / "mine.py").write_text(MINE)
    return folder / "mine.py"


def test_an_edit_that_leaves_size_and_time_alone_is_seen(tmp_path):
    mine = written(tmp_path)
    files = [mine, tmp_path / "near.py", tmp_path / "pack" / "deep.py"]
    python("import mine", folder=tmp_path)  # leaves compiled copies
    assert load(mine).split()[:3] == ["1", "1", "1"]
    for file in files:
        before = file.stat()
        file.write_text(file.read_text().replace("= 1", "= 2"))
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert load(mine).split()[:3] == ["2", "2", "2"]


def test_a_neighbour_without_source_is_found(tmp_path):
    mine = written(tmp_path)
    py_compile.compile(str(tmp_path / "near.py"), cfile=str(tmp_path / "near.pyc"))
    (tmp_path / "near.py").unlink()
    assert load(mine).split()[:2] == ["1", "1"]


def test_no_compiled_copy_is_left_beside_a_file(tmp_path):
    load(written(tmp_path))
    assert not list(tmp_path.rglob("*.pyc"))


def test_sets_come_in_one_order_however_often_a_file_is_loaded(tmp_path):
    mine = written(tmp_path)
    for seed in ("31", "84", "104"):  # here a compiled copy orders the set in another way than its source
        assert load(mine, seed) == load(mine, seed)


@pytest.mark.parametrize(
    ("folder", "is_installed"),
    [
        (ROOT / "models", True), (ROOT / "benchmark" / "entries", True), (ROOT, False), (ROOT / "examples", False),
        (sysconfig.get_path("stdlib"), True), (sysconfig.get_path("purelib"), True), (Path(sys.prefix) / "my", False),
        ("/x/site-packages/y", True), ("/x/dist-packages", True), ("/x/y", False),
    ],
)  # fmt: skip
def test_what_is_installed_keeps_its_copies_and_what_a_user_wrote_has_none(folder, is_installed):
    if is_installed:
        with pytest.raises(ImportError, match="is left to the usual finder"):
            from_source._outside(str(folder))
    else:
        assert from_source._outside(str(ROOT)).path == str(ROOT)
    assert from_source._is_installed(str(folder)) is is_installed


def test_finders_that_are_known_already_are_made_anew_once(monkeypatch, tmp_path):
    known = {str(tmp_path): "old", str(ROOT / "models"): "kept"}
    monkeypatch.setattr(sys, "path_hooks", [hook for hook in sys.path_hooks if hook is not from_source._outside])
    monkeypatch.setattr(sys, "path_importer_cache", known)
    from_source.import_from_source()
    assert sys.path_hooks[0] is from_source._outside and known == {str(ROOT / "models"): "kept"}
    known[str(tmp_path)] = "again"
    from_source.import_from_source()
    assert sys.path_hooks.count(from_source._outside) == 1 and str(tmp_path) in known
