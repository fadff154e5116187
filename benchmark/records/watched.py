"""Files outside the tree that a trial depended on: modules that were really loaded, and files that its process opened.

What a child process opens, or a library without Python's ``open`` (HDF5 and safetensors files, for example), is not
seen, and neither are listings of folders.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import os
import site
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmark.entries import ROOT
from benchmark.records.imports import PACKAGES
from benchmark.records.key import distributions, source_hash

_SYSTEM = frozenset(
    [
        *map(Path, ("/proc", "/sys", "/dev", "/etc", "/run", "/usr/share", "/usr/lib", "/lib", "/lib64")),
        *(Path(sys.prefix, name) for name in ("bin", "etc", "share", "pyvenv.cfg")),
    ]
)
_READ = ("r", "rb", "rt", "br", "tr", None)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class _Watch:
    """Hold what this process opened since it started to watch, and what modules it had loaded before it was forked."""

    def __init__(self) -> None:
        self.hooked = False
        self.active = False
        self.since = 0.0
        self.read: set[str] = set()
        self.written: set[str] = set()
        self.made: set[str] = set()
        self.ignored: frozenset[Path] = frozenset()
        self.last_known = ""
        self.loaded_before: frozenset[Path] = frozenset()


_WATCH = _Watch()


def note_loaded() -> None:
    """Judge the modules that are in memory now, once for this process and all that it forks.

    To look at a module that is shared with the parent costs a copy of its pages.
    """
    newest = next(reversed(sys.modules))
    if newest != _WATCH.last_known:
        _WATCH.loaded_before = frozenset(_loaded())
        _WATCH.last_known = newest
        for path in _WATCH.loaded_before:
            file_hash(path)  # kept


def start_watching(ignored: Iterable[Path] = ()) -> None:
    """Begin to note which files this process opens, those of earlier trials forgotten.

    Args:
        ignored: Resolved files, and folders whose files, do not count, besides the tree, libraries and the system: what
            the key covers, data, which have fingerprints, caches and runs.
    """
    _WATCH.read.clear()
    _WATCH.written.clear()
    _WATCH.made.clear()
    _WATCH.ignored = frozenset(ignored)
    _WATCH.since = time.time()
    _WATCH.active = True
    if not _WATCH.hooked:
        sys.addaudithook(_hear)  # stays for the life of the process
        _WATCH.hooked = True


def watched_files() -> dict[str, str]:
    """Stop watching and return path -> hash of the files that the trial depended on, sorted; see ``file_hash``.

    A file that the trial made is no input, also where it is code that it then loads, as torch-geometric does.

    Raises:
        RuntimeError: If one of them was changed after watching began: which of its contents counted is not known.
    """
    _WATCH.active = False
    read = (path for path in _WATCH.read if not _is_installed(path))
    opened = {_source(path) for path in read} - {_source(path) for path in _WATCH.written}
    loaded = set(_loaded()) - {_source(path) for path in _WATCH.made}
    files = sorted(path for path in loaded | opened if _counts(path))
    changed = [str(path) for path in files if path.stat().st_mtime > _WATCH.since]
    if changed:
        raise RuntimeError(f"{', '.join(changed)} changed while it ran; run again")
    return {str(path): file_hash(path) for path in files}


def differing(watched: Mapping[str, str]) -> list[str]:
    """Return the paths that are gone or no longer have the content that a record tells."""
    return [path for path, known in watched.items() if file_hash(Path(path)) != known]


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, of Python that of what it means, or "" where it cannot be read."""
    try:
        state = path.stat()
        return _file_hash(path, state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)
    except OSError:
        return ""


@cache
def _file_hash(path: Path, *_state: int) -> str:
    if path.suffix == ".py":
        with suppress(SyntaxError, ValueError):
            return source_hash(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _WATCH.active or event != "open":
        return
    path, mode, flags = arguments
    if isinstance(path, str | bytes):
        whole = os.path.abspath(os.fsdecode(path))  # now: the entry may change the folder later
        reads = mode in _READ and not (isinstance(flags, int) and flags & _WRITES)
        (_WATCH.read if reads and not _is_new(whole) else _WATCH.written).add(whole)
        if not reads and not os.path.lexists(whole):
            _WATCH.made.add(whole)


def _is_new(path: str) -> bool:
    """Return whether a file was written since watching began, by a child process, say: such files are scratch."""
    try:
        return os.stat(path).st_mtime > _WATCH.since
    except (OSError, ValueError):
        return False


def _source(path: str) -> Path:
    """Return the resolved path; of compiled Python that of the source, which counts."""
    if path.endswith(".pyc"):
        with suppress(ValueError):
            path = importlib.util.source_from_cache(path)
    return Path(path).resolve()


def _loaded() -> Iterator[Path]:
    """Yield the file of every module in memory that no wheel brought; of one in an archive, the archive."""
    yield from _WATCH.loaded_before
    newer = itertools.takewhile(_WATCH.last_known.__ne__, reversed(sys.modules))
    for module in map(sys.modules.get, list(newer)):  # the list is made in C: no thread gets between
        told = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
        if isinstance(told, str) and os.path.isabs(told) and not _is_installed(told):
            path = Path(told).resolve()
            yield next((p for p in (path, *path.parents) if p.exists()), path)


def _counts(path: Path) -> bool:
    """Return whether a file may change what a trial gives, and no key, fingerprint or version tells."""
    above = {path, *path.parents}
    return (
        above.isdisjoint(_SYSTEM)
        and above.isdisjoint(_WATCH.ignored)
        and not _is_installed(str(path))
        and path.is_file()
    )


@cache
def _is_installed(path: str) -> bool:
    """Return whether a file is of the tree, the standard library or an installed distribution, which have versions."""
    site_packages, others = _folders()
    for folder in site_packages:
        if path.startswith(folder):
            top = path[len(folder) :].partition(os.sep)[0]
            return top.endswith(".dist-info") or _is_of_a_distribution(top)
    return path.startswith(others)


def _is_of_a_distribution(top: str) -> bool:
    """Return whether a name in a folder of distributions belongs to one; finders of editable installs only point."""
    return top.startswith("__editable__") or top.partition(".")[0] in distributions()


@cache
def _folders() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the folders of installed distributions, and those of the standard library and the tree, each with "/"."""
    named = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    sites = [*named, site.getusersitepackages()]
    others = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), os.path.dirname(os.__file__)]
    others += [str(ROOT / package) for package in PACKAGES]
    return _with_end(sites), _with_end(others)


def _with_end(folders: Iterable[str]) -> tuple[str, ...]:
    either = {path for folder in folders for path in (folder, os.path.realpath(folder))}
    return tuple(path + os.sep for path in either)
