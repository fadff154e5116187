"""What this process opened since it began to watch: files that it read, looked for in vain, changed or made.

Python tells of every ``open``, and of files that are moved, linked, shortened or removed, before it happens.
"""

from __future__ import annotations

import importlib.util
import os
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from benchmark.entries import ROOT
from benchmark.records.content import bytes_hash, file_hash
from benchmark.records.imports import PACKAGES
from benchmark.records.places import has_version

State = tuple[int, int, int]
_POINTERS = ("/proc/", "/dev/fd/", "/dev/std")  # what lies behind them is elsewhere
_HANDLES = "/proc/self/fd"
_PARTS = frozenset({"pathlib", "importlib._bootstrap_external", "_frozen_importlib_external"})  # open for others
_READERS_OF_CODE = frozenset({"tokenize", "linecache", "runpy", "zipimport"})
_TREE = tuple(str(ROOT / package) + os.sep for package in PACKAGES)


@dataclass
class Opened:
    """Hold what was opened, by its resolved path.

    Attributes:
        since: When watching began.
        ignored: Folders, with "/", whose files do not count.
        read: File -> its state when it was first opened, None if it was not there.
        names: Path as it was opened, over links, -> file.
        before: File -> its content before this process could change it: what Python means, and bytes.
        fresh: File that this process wrote anew, moved or removed -> its state before.
        as_data: Python files that were read by other than what imports them.
    """

    since: float = 0.0
    ignored: tuple[str, ...] = ()
    read: dict[str, State | None] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    before: dict[str, tuple[str, str]] = field(default_factory=dict)
    fresh: dict[str, State | None] = field(default_factory=dict)
    as_data: set[str] = field(default_factory=set)
    deaf: set[int] = field(default_factory=set)  # threads that read for the watch itself

    def is_made(self, file: str) -> bool:
        """Return whether the content of a file is of this process."""
        return file in self.fresh and self.fresh[file] != state_of(file)

    def note_read(self, name: str, *, as_data: bool = False) -> None:
        """Note that a file is about to be read, whether it is there or not."""
        file = os.path.realpath(name)
        found = _stat(file)
        if (found is not None and not stat.S_ISREG(found.st_mode)) or self.is_made(file):
            return
        if found is not None and self.is_new(found):
            self.fresh.setdefault(file, None)  # of a child process, or of a library: scratch
            return
        self.read.setdefault(file, found and _state(found))
        self.names.setdefault(name, file)
        if as_data:
            self.as_data.add(file)

    def note_write(self, name: str, *, anew: bool) -> None:
        """Note that a file is about to be changed; ``anew``: nothing of what was there is left."""
        file = os.path.realpath(name)
        found = _stat(file)
        if found is not None and not stat.S_ISREG(found.st_mode):
            return
        is_foreign = found is not None and not self.is_made(file) and not self.is_new(found)
        if is_foreign and file not in self.before and (file in self.read or not anew):
            self.before[file] = self._hashes(file)
        if anew:
            self.fresh.setdefault(file, found and _state(found))

    def _hashes(self, file: str) -> tuple[str, str]:
        me = threading.get_ident()
        self.deaf.add(me)
        try:
            return file_hash(Path(file)), bytes_hash(Path(file))
        finally:
            self.deaf.discard(me)

    def is_new(self, found: os.stat_result) -> bool:
        """Return whether a file was surely written since watching began; a time in the future says nothing."""
        now = time.time()
        return all(self.since < told <= now for told in (found.st_mtime, found.st_ctime))


class _Ear:
    """Hold what is told now; a hook of the interpreter stays for the life of the process."""

    def __init__(self) -> None:
        self.is_hooked = False
        self.opened: Opened | None = None


_EAR = _Ear()


def begin(ignored: Iterable[str]) -> None:
    """Begin to note which files this process opens, those of earlier trials forgotten."""
    _EAR.opened = Opened(time.time(), tuple(os.path.join(folder, "") for folder in ignored))
    if not _EAR.is_hooked:
        sys.addaudithook(_hear)
        _EAR.is_hooked = True


def end() -> Opened:
    """Stop and return what was noted; nothing where nothing was begun."""
    opened, _EAR.opened = _EAR.opened, None
    return opened or Opened()


def state_of(path: str) -> State | None:
    """Return what changes when the content of a file does, or None where none is."""
    found = _stat(path)
    return found and _state(found)


def source_of(path: str) -> str:
    """Return the path, of compiled Python that of the source, which counts."""
    if path.endswith(".pyc"):
        with suppress(ValueError):
            return importlib.util.source_from_cache(path)
    return path


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except (OSError, ValueError):
        return None


def _state(found: os.stat_result) -> State:
    return found.st_mtime_ns, found.st_size, found.st_ino


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    opened = _EAR.opened
    if opened is None or event not in _HEARD or threading.get_ident() in opened.deaf:
        return
    _HEARD[event](opened, *arguments)


def _on_open(opened: Opened, path: object, mode: str | None, flags: int | None) -> None:
    reads, writes, anew, fails_if_there = _access(mode, flags or 0)
    for name in _places(opened, path, None if mode is None else -1):
        is_there = os.path.lexists(name)
        if fails_if_there and is_there:
            continue
        if reads and (is_there or not anew):
            source = source_of(name)
            opened.note_read(source, as_data=source.endswith(".py") and not _is_code(sys._getframe(2)))
        if writes and not name.endswith(".pyc"):
            opened.note_write(name, anew=anew or not is_there)


def _on_rename(opened: Opened, source: object, target: object, source_folder: int, target_folder: int) -> None:
    for name in _places(opened, source, source_folder):
        opened.note_read(name)
        opened.note_write(name, anew=True)
    _on_remove(opened, target, target_folder)


def _on_remove(opened: Opened, path: object, folder: int) -> None:
    for name in _places(opened, path, folder):
        if not name.endswith(".pyc"):
            opened.note_write(name, anew=True)


def _on_link(opened: Opened, source: object, target: object, source_folder: int, target_folder: int) -> None:
    for name in _places(opened, source, source_folder):
        opened.note_read(name)


def _on_truncate(opened: Opened, path: object, length: int) -> None:
    for name in _places(opened, path, -1):
        opened.note_read(name)
        opened.note_write(name, anew=False)


_HEARD: dict[str, Callable[..., None]] = {
    "open": _on_open, "os.rename": _on_rename, "os.remove": _on_remove, "os.link": _on_link,
    "os.truncate": _on_truncate,
}  # fmt: skip


def _access(mode: str | None, flags: int) -> tuple[bool, bool, bool, bool]:
    """Return whether an open reads what is there, may write, leaves nothing of what is there, fails if one is there."""
    if mode is not None:
        is_plus, anew = "+" in mode, "w" in mode or "x" in mode
        return "r" in mode or ("a" in mode and is_plus), is_plus or "a" in mode or anew, anew, "x" in mode
    kind = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
    anew, excludes = bool(flags & os.O_TRUNC), flags & (os.O_CREAT | os.O_EXCL) == os.O_CREAT | os.O_EXCL
    writes = kind != os.O_RDONLY or bool(flags & (os.O_CREAT | os.O_TRUNC))
    return kind != os.O_WRONLY and not anew, writes, anew or excludes, excludes


def _places(opened: Opened, path: object, folder: int | None) -> Iterator[str]:
    """Yield where a path may lead, now, unless what lies there does not count: the entry may change the folder later.

    Args:
        opened: Says what is ignored.
        path: What was opened; a number is a file that is open already.
        folder: Open folder that a relative path starts from, -1 for the working folder, None if that is not told: then
            every open folder in which there is such a file may be meant, and where there is none, all.
    """
    if isinstance(path, int):
        return
    try:
        text = os.fsdecode(os.fspath(path))  # type: ignore[call-overload]
    except TypeError:
        return
    if "\0" in text:
        return
    if os.path.isabs(text) or folder == -1:
        bases = [""]
    else:
        bases = ["", *_open_folders()] if folder is None else _folder(folder)
    names = [os.path.abspath(os.path.join(base, text)) for base in bases]
    for name in [name for name in names if os.path.lexists(name)] or names:
        whole = os.path.realpath(name) if name.startswith(_POINTERS) else name
        if not has_version(source_of(whole)) and not whole.startswith(opened.ignored):
            yield whole


def _open_folders() -> Iterator[str]:
    """Yield the folders that this process holds open; none where the system does not tell."""
    for number in os.listdir(_HANDLES) if os.path.isdir(_HANDLES) else ():
        yield from _folder(int(number))


def _folder(number: int) -> list[str]:
    """Return the folder behind the number of an open one; nothing where the system does not tell."""
    try:
        place = os.readlink(f"{_HANDLES}/{number}")
    except OSError:
        return []
    return [place] if os.path.isdir(place) and not place.startswith("/proc/") else []


def _is_code(frame: FrameType | None) -> bool:
    """Return whether Python is read to be run, shown in a traceback, or hashed by the project; else it is data."""
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if module in _READERS_OF_CODE or (module in _PARTS and frame.f_code.co_name == "get_code"):
            return True
        if module not in _PARTS and frame.f_code.co_filename != __file__:
            return frame.f_code.co_filename.startswith(_TREE)
        frame = frame.f_back
    return True
