"""An input of a trial is told however it was opened: the record differs when it changes later, and only then."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmark.records import opened, watched
from benchmark.records.content import differing
from benchmark.records.watched import start_watching, watched_files

OLD = 1e9


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with old files, and a watch that looks at no modules."""
    monkeypatch.setattr(watched, "_loaded", lambda: iter(()))
    monkeypatch.setattr(watched, "_WATCH", watched._Watch())
    for name in ("a", "b", "v1/w", "v2/w", "cfg.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"x = 1  # {name}")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "latest").symlink_to("v1")
    (tmp_path / "broken").symlink_to("later")
    for path in (*tmp_path.rglob("*"), tmp_path):
        os.utime(path, (OLD, OLD), follow_symlinks=False)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    opened.end()


def watch(act, *ignored) -> dict[str, str]:
    start_watching(ignored)
    act()
    return watched_files()


def repoint(name: str, target: str) -> None:
    Path(name).unlink()
    Path(name).symlink_to(target)


def missed(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        Path(name).read_text()


def updated(name: str, mode: str) -> None:
    with open(name, mode) as file:
        file.read()


def at_handle(name: str, folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    os.close(os.open(name, os.O_RDONLY, dir_fd=handle))
    os.close(handle)


def read_then(name: str, *then) -> None:
    Path(name).read_text()
    for act in then:
        act()


def taken(name: str) -> None:
    """Read what cannot be made because it is there."""
    with pytest.raises(FileExistsError):
        open(name, "x").close()
    Path(name).read_text()


def refused(error: type[Exception], *words) -> None:
    with pytest.raises(error):
        open(*words).close()


def put(name: str, text: str = "x = 2") -> None:
    Path(name).write_text(text)


CHANGES = {
    "link": (lambda: Path("link").read_text(), lambda: repoint("link", "b")),
    "target of a link": (lambda: Path("link").read_text(), lambda: put("a")),
    "link to a folder": (lambda: Path("latest/w").read_text(), lambda: repoint("latest", "v2")),
    "link in the processes": (lambda: Path("/proc/self/cwd/a").read_text(), lambda: put("a")),
    "absent": (lambda: missed("later"), lambda: put("later")),
    "absent behind a link": (lambda: missed("broken"), lambda: repoint("broken", "a")),
    "absent for an update": (lambda: refused(FileNotFoundError, "later", "r+"), lambda: put("later")),
    "absent folder": (lambda: missed("none/at/all"), lambda: (os.makedirs("none/at"), put("none/at/all"))),
    "memory map": (lambda: np.memmap("a", dtype="uint8"), lambda: put("a")),
    "r+": (lambda: updated("a", "r+"), lambda: put("a")),
    "a+": (lambda: updated("a", "a+"), lambda: put("a")),
    "low read and write": (lambda: os.close(os.open("a", os.O_RDWR | os.O_CREAT)), lambda: put("a")),
    "appended to later": (lambda: read_then("a", lambda: open("a", "a").close()), lambda: put("a")),
    "appended to before": (lambda: (open("a", "a").close(), Path("a").read_text()), lambda: put("a")),
    "not made": (lambda: taken("a"), lambda: put("a")),
    "with changed rights": (lambda: (os.chmod("a", 0o600), Path("a").read_text()), lambda: put("a")),
    "path object": (lambda: io.FileIO(Path("a")).close(), lambda: put("a")),
    "bytes": (lambda: open(b"a").close(), lambda: put("a")),
    "in an open folder": (lambda: at_handle("w", "v1"), lambda: put("v1/w")),
    "moved": (lambda: (os.rename("a", "c"), os.rename("c", "a")), lambda: put("a")),
    "linked": (lambda: os.link("a", "c"), lambda: put("a")),
    "Python as data": (lambda: Path("cfg.py").read_text(), lambda: put("cfg.py", "x = 1  # other")),
    "Python as bytes": (lambda: Path("cfg.py").read_bytes(), lambda: put("cfg.py", "x = 1")),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHANGES)
def test_an_input_that_changes_later_is_noticed_and_nothing_before(home, kind):
    act, change = CHANGES[kind]
    told = watch(act)
    assert told and differing(told) == []
    change()
    assert differing(told)


@pytest.mark.parametrize("then", ["put", "os.remove", "append", "replace"])
def test_what_was_read_and_then_changed_by_the_trial_itself_is_told_as_it_was(home, then):
    acts = {
        "put": lambda: put("a", "later"),
        "os.remove": lambda: os.remove("a"),
        "append": lambda: os.write(os.open("a", os.O_WRONLY | os.O_APPEND), b"more"),
        "replace": lambda: (put("c", "made"), os.replace("c", "a")),
    }
    before = Path("a").read_text()
    told = watch(lambda: read_then("a", acts[then]))
    assert list(told) == [str(home / "a")] and differing(told) == [str(home / "a")]
    put("a", before)
    assert differing(told) == []


def test_what_others_change_after_it_was_read_is_refused(home):
    with pytest.raises(RuntimeError, match=r"/a changed while it ran; run again"):
        watch(lambda: read_then("a", lambda: subprocess.run(["sh", "-c", "echo x >> a"], check=True)))


@pytest.mark.parametrize("kind", ["mtime", "both"])
def test_a_file_from_the_future_is_an_input(home, kind, monkeypatch):
    os.utime("a", (4e9, 4e9))
    if kind == "both":  # a clock that was set back
        monkeypatch.setattr(opened.time, "time", lambda: OLD)
    told = watch(lambda: Path("a").read_text())
    assert list(told) == [str(home / "a")]
    put("a")
    assert differing(told)


SCRATCH = {
    "made": lambda: (put("c"), Path("c").read_text()),
    "missed and made": lambda: (missed("c"), put("c"), Path("c").read_text()),
    "moved here": lambda: (put("d"), os.replace("d", "c"), Path("c").read_text()),
    "made and removed": lambda: (put("c"), Path("c").read_text(), os.remove("c")),
    "overwritten": lambda: (put("a"), Path("a").read_text()),
    "appended": lambda: open("a", "a").close(),
    "of a child": lambda: (subprocess.run(["sh", "-c", "sleep 0.05; echo x > c"], check=True), Path("c").read_text()),
    "a tree of its own": lambda: (os.makedirs("t/u"), put("t/u/c"), shutil.rmtree("t")),
    "a folder": lambda: os.close(os.open(".", os.O_RDONLY)),
    "a number": lambda: open(os.open(os.devnull, os.O_RDONLY)).close(),
    "no path": lambda: refused(TypeError, 1.5, "r"),
    "no name": lambda: refused(ValueError, "a\0b", "r"),
    "the system": lambda: [p.read_bytes() for p in (Path("/proc/self/stat"), Path(os.__file__))],
}  # fmt: skip


@pytest.mark.parametrize("kind", SCRATCH)
def test_what_the_trial_makes_and_what_has_a_version_is_no_input(home, kind):
    time.sleep(0.02)  # file systems keep time in coarse steps, so a child must wait for the next one, too
    assert watch(SCRATCH[kind]) == {}


def test_an_input_that_is_missed_by_every_name_in_open_folders_counts_when_it_comes(home):
    def act():
        with pytest.raises(FileNotFoundError):
            at_handle("later", "v1")

    told = watch(act)
    put("v1/later")
    assert str(home / "v1/later") in differing(told)


def test_only_what_is_truly_of_the_system_is_left_out(home):
    users = ["/dev/shm/none", "/run/media/me/none", "/run/user/1/none", "/media/none", "/mnt/none"]
    system = ["/srv/x.egg-info/METADATA", "/run/systemd/none", "/dev/none", "/sys/none", "/proc/none", "/etc/none"]
    told = watch(lambda: [missed(name) for name in users + system])
    assert sorted(told) == sorted(users)


def test_a_linked_file_or_folder_that_is_ignored_is_known_by_its_name_and_where_it_leads(home):
    assert watch(lambda: Path("v1/w").read_text(), home / "v1") == {}
    assert list(watch(lambda: Path("latest/w").read_text(), home / "v1")) == [str(home / "latest/w")]
    assert list(watch(lambda: Path("cfg.py").read_text(), home / "cfg.py")) == [str(home / "cfg.py")]
    assert watch(lambda: Path("a").read_text(), home / "a") == {}


def test_a_name_that_a_record_cannot_keep_is_named(home):
    Path(os.fsdecode(b"we\xffird.txt")).write_text("1")
    os.utime(os.fsdecode(b"we\xffird.txt"), (OLD, OLD))
    with pytest.raises(ValueError, match=r"we\\udcffird\.txt, which the entry opens, is not UTF-8; rename it"):
        watch(lambda: Path(os.fsdecode(b"we\xffird.txt")).read_text())


def test_python_that_is_imported_or_shown_in_a_traceback_counts_by_what_it_means(home, monkeypatch):
    import importlib
    import linecache

    monkeypatch.syspath_prepend(str(home))
    monkeypatch.delitem(sys.modules, "cfg", raising=False)

    def act():
        importlib.import_module("cfg")
        linecache.getlines(str(home / "cfg.py"))

    told = watch(act)
    put("cfg.py", "x = 1  # another comment")
    assert list(told) == [str(home / "cfg.py")] and differing(told) == []
    put("cfg.py", "x = 2")
    assert differing(told)


@pytest.mark.parametrize(
    ("mode", "flags", "access"),
    [(mode, 0, (True, False, False, False)) for mode in ("r", "rb", "rt", "br")]
    + [(mode, 0, (True, True, False, False)) for mode in ("r+", "rb+", "a+", "ab+")]
    + [(mode, 0, (False, True, True, False)) for mode in ("w", "w+", "wb")]
    + [("a", 0, (False, True, False, False)), ("x", 0, (False, True, True, True))]
    + [
        (None, os.O_RDONLY, (True, False, False, False)),
        (None, os.O_RDWR, (True, True, False, False)),
        (None, os.O_RDONLY | os.O_CREAT, (True, True, False, False)),
        (None, os.O_WRONLY | os.O_APPEND, (False, True, False, False)),
        (None, os.O_RDWR | os.O_TRUNC, (False, True, True, False)),
        (None, os.O_WRONLY | os.O_CREAT | os.O_EXCL, (False, True, True, True)),
    ],
)
def test_an_open_reads_writes_and_empties_by_mode_and_flags(mode, flags, access):
    assert opened._access(mode, flags) == access
