"""A trial's record tells what was really loaded and opened, and nothing that a key, version or fingerprint tells."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from benchmark.records.content import differing, file_hash
from benchmark.records.places import is_installed

SCRIPT = """
import importlib, importlib.util, json, os, subprocess, sys
from pathlib import Path
home = Path(sys.argv[1])
from benchmark.records.watched import start_watching, watched_files
sys.path.insert(0, str(home / "entry"))
start_watching([home / "data", home / "entry" / "covered.py"])
import covered
sys.path.insert(0, str(home / "src"))
import pkg.conf                                     # a path that was changed at run time
sys.path.insert(0, str(home / "lib.zip"))
import zipped
importlib.import_module("".join(["dyna", "mic"]))   # no constant name
spec = importlib.util.spec_from_file_location("__editable___x", home / "elsewhere" / "editable.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)                     # not even in sys.modules, as runpy and exec
import numpy
os.chdir(home / "entry")
open("weights.txt").read()
os.chdir("/")
(home / "entry" / "weights.npy").read_bytes()
os.close(os.open(home / "low.bin", os.O_RDONLY))
numpy.load(home / "array.npy", mmap_mode="r")
(home / "data" / "known.csv").read_text()
(home / "scratch.txt").write_text("made here")
(home / "scratch.txt").read_text()
(home / "gone.txt").write_text("")
(home / "entry" / "generated.py").write_text("x = 1")
import generated                                    # code that the trial made, as torch-geometric does
subprocess.run(["sh", "-c", f"echo x > {home}/of-a-child.txt"], check=True)
(home / "of-a-child.txt").read_text()
with open(home / "log.txt", "a") as log:
    log.write("x")
os.path.exists(home / "unread.txt")
for name in ("/etc/hostname", "/proc/self/status", os.__file__, numpy.__file__):
    open(name, "rb").close() if os.path.exists(name) else None
if len(sys.argv) > 2:
    (home / "src" / "pkg" / "conf.py").write_text("BIAS = 9")
told = watched_files()
(home / "entry" / "generated.py").unlink()
open(home / "unread.txt").close()
start_watching()
print(json.dumps([told, watched_files()]))
"""
FILES = {
    "entry/covered.py": "", "entry/dynamic.py": "x = 1", "entry/weights.txt": "0.2", "entry/weights.npy": "1",
    "src/pkg/__init__.py": "", "src/pkg/conf.py": "BIAS = 1", "elsewhere/editable.py": "x = 1", "low.bin": "b",
    "data/known.csv": "a", "log.txt": "", "unread.txt": "", "src/pkg/unused.py": "",
}  # fmt: skip
WATCHED = {
    "entry/dynamic.py", "entry/weights.txt", "entry/weights.npy", "src/pkg/__init__.py", "src/pkg/conf.py",
    "elsewhere/editable.py", "low.bin", "lib.zip", "array.npy",
}  # fmt: skip


@pytest.fixture
def home(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with zipfile.ZipFile(tmp_path / "lib.zip", "w") as archive:
        archive.writestr("zipped.py", "x = 1")
    import numpy as np

    np.save(tmp_path / "array.npy", np.arange(3))
    for path in [tmp_path, *tmp_path.rglob("*")]:
        os.utime(path, (1e9, 1e9))
    return tmp_path


def told(home: Path, *more: str) -> subprocess.CompletedProcess:
    root = str(Path(__file__).parents[3])
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *(p for p in sys.path if p)])}
    command = [sys.executable, "-c", SCRIPT, str(home), *more]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=home)


def test_what_was_loaded_and_opened_is_told_and_nothing_else(home):
    for _ in range(2):  # the second time Python opens compiled files only
        done = told(home)
        assert done.returncode == 0, done.stderr
        first, second = json.loads(done.stdout)
        assert {Path(path).relative_to(home).as_posix() for path in first} == WATCHED
    loaded = {"entry/dynamic.py", "src/pkg/__init__.py", "src/pkg/conf.py", "lib.zip", "entry/covered.py"}
    assert {Path(path).relative_to(home).as_posix() for path in second} == loaded  # still in memory; opened ones not
    assert differing(first) == []
    (home / "src/pkg/conf.py").write_text("# a comment\nBIAS = 1")
    assert differing(first) == []
    for name in sorted(WATCHED):
        body = (home / name).read_bytes()
        (home / name).write_bytes(b"x = 3" if name.endswith(".py") else body + b"1")
        assert differing(first) == [str(home / name)]
        (home / name).unlink()
        assert differing(first) == [str(home / name)]
        (home / name).write_bytes(body if name != "src/pkg/conf.py" else b"BIAS = 1")
    assert differing(first) == []


def test_a_file_that_changes_meanwhile_is_refused(home):
    done = told(home, "edit")
    assert done.returncode == 1 and "conf.py changed while it ran; run again" in done.stderr


FORKS = """
import json, os, sys
from pathlib import Path
from benchmark.records.watched import note_loaded, start_watching, watched_files
home = Path(sys.argv[1])
sys.path[:0] = [str(home / "src"), str(home / "entry"), str(home / "elsewhere")]
import pkg
note_loaded()
note_loaded()
if os.fork() == 0:
    start_watching()
    import dynamic
    print(json.dumps(list(watched_files())), flush=True)
    os._exit(0)
os.wait()
del sys.modules["pkg"]
import editable
note_loaded()
start_watching()
print(json.dumps(list(watched_files())))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_what_a_server_had_loaded_is_told_by_the_processes_that_it_forks(home):
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, "-c", FORKS, str(home)], env=env, capture_output=True, text=True, check=True)
    told = [{Path(path).relative_to(home).as_posix() for path in json.loads(line)} for line in done.stdout.splitlines()]
    assert told == [{"src/pkg/__init__.py", "entry/dynamic.py"}, {"src/pkg/__init__.py", "elsewhere/editable.py"}]


def test_a_file_that_is_no_python_has_a_hash_of_its_bytes(tmp_path):
    path = tmp_path / "torn.py"
    path.write_bytes(b"def (\0")
    assert len(file_hash(path)) == 64
    assert file_hash(tmp_path / "none") == file_hash(tmp_path) == ""


LATER = """
import json, sys
from pathlib import Path
from benchmark.records.watched import start_watching, watched_files
home = Path(sys.argv[1])
sys.path.insert(0, str(home / "entry"))
start_watching()
(home / "note.txt").write_text("of an earlier trial")
(home / "entry" / "made.py").write_text("x = 1")
import made
first = list(watched_files())
start_watching()
(home / "note.txt").read_text()
print(json.dumps([first, list(watched_files())]))
"""


def test_what_an_earlier_trial_wrote_is_an_input_of_the_next(home):
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, "-c", LATER, str(home)], env=env, capture_output=True, text=True, check=True)
    first, second = json.loads(done.stdout)
    assert first == [] and second == sorted([str(home / "note.txt"), str(home / "entry/made.py")])


def test_what_has_a_version_is_installed_and_what_lies_beside_it_is_not():
    site, root = Path(sysconfig.get_path("purelib")), Path(__file__).parents[3]
    installed = [
        site / "numpy" / "linalg" / "x.py", site / "numpy-9.dist-info" / "RECORD", site / "__editable___x_finder.py",
        Path(os.__file__), Path(sysconfig.get_path("stdlib")) / "json" / "x.py",
        root / "models" / "x.py", root / "benchmark" / "records" / "x.py",
        root / "models" / "__pycache__" / "x.cpython-311.pyc",
    ]  # fmt: skip
    own = [site / "patch_of_mine.py", site / "patch_of_mine" / "numpy" / "x.py", root / "mine.py", root / "modelsx.py"]
    own += [root / "models" / "weights.json", root / "baselines" / "rules" / "cut.csv"]
    assert [path for path in installed if not is_installed(str(path))] == []
    assert [path for path in own if is_installed(str(path))] == []
