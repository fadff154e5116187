"""Files outside the tree that a trial depended on: modules that were really loaded, and files that its process opened.

``docs/architecture.md`` says in plain words what is seen and what is not.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from benchmark.records.content import bytes_hash, file_hash
from benchmark.records.opened import Opened, State, begin, end, state_of
from benchmark.records.places import has_version, is_installed


class _Watch:
    """Hold what does not count, and what modules this process had loaded before it was forked."""

    def __init__(self) -> None:
        self.ignored: frozenset[str] = frozenset()
        self.last_known = ""
        self.loaded_before: dict[str, State | None] = {}


_WATCH = _Watch()


def note_loaded() -> None:
    """Judge the modules that are in memory now, once for this process and all that it forks.

    To look at a module that is shared with the parent costs a copy of its pages.
    """
    newest = next(reversed(sys.modules))
    if newest != _WATCH.last_known:
        _WATCH.loaded_before = {path: state_of(path) for path in _loaded()}
        _WATCH.last_known = newest
        for path in _WATCH.loaded_before:
            file_hash(Path(path))  # kept


def start_watching(ignored: Iterable[Path] = ()) -> None:
    """Begin to note which files this process opens, those of earlier trials forgotten.

    Args:
        ignored: Files, and folders whose files, do not count, as named and resolved, besides the code of the tree,
            libraries and the system: what the key covers, data, which have fingerprints, caches and runs.
    """
    _WATCH.ignored = frozenset(map(os.fspath, ignored))
    begin(_WATCH.ignored)


def watched_files() -> dict[str, str]:
    """Stop watching and return path -> content of the files that the trial depended on, sorted; see ``content``.

    A file that the trial made is no input, also where it is code that it then loads, as torch-geometric does. One that
    was looked for and not found counts, with no content. What was opened over a link counts beside what it led to.

    Raises:
        RuntimeError: If others changed one after it was opened, or one is code and was changed: which of its contents
            counted is not known.
        ValueError: If the name of one cannot be kept.
    """
    opened = end()
    loaded = [path for path in set(_loaded()) if os.path.isfile(path) and not _is_own_code(path, opened)]
    names = {**{path: os.path.realpath(path) for path in loaded}, **opened.names}
    names |= {file: file for file in names.values()}
    told = {name: file for name, file in sorted(names.items()) if _counts(name, opened) and _was_input(file, opened)}
    safe = opened.before.keys() - {os.path.realpath(path) for path in loaded}
    changed = [name for name, file in told.items() if file not in safe and _changed(file, opened)]
    if changed:
        raise RuntimeError(f"{', '.join(map(_shown, changed))} changed while it ran; run again")
    return {_named(name): _content(file, opened) for name, file in told.items()}


def _is_own_code(path: str, opened: Opened) -> bool:
    """Return whether the trial made a module before it, or anybody, loaded it."""
    file = os.path.realpath(path)
    return opened.is_made(file) and file not in opened.before and file not in _WATCH.loaded_before


def _counts(name: str, opened: Opened) -> bool:
    """Return whether a file may change what a trial gives, and no key, fingerprint or version tells."""
    if has_version(name) or name.startswith(opened.ignored):
        return False
    return name not in _WATCH.ignored or os.path.realpath(name) in opened.as_data


def _was_input(file: str, opened: Opened) -> bool:
    """Return whether a file had a content, or was missed, before the trial made one of that name."""
    return opened.read.get(file, ()) is not None or not opened.is_made(file)


def _changed(file: str, opened: Opened) -> bool:
    """Return whether a file is no longer what it was when it was first opened."""
    known = opened.read.get(file) or _WATCH.loaded_before.get(file)
    if known is not None:
        return state_of(file) != known
    return file not in opened.read and os.path.isfile(file) and opened.is_new(os.stat(file))


def _content(file: str, opened: Opened) -> str:
    """Return what a record tells of a file: what it held before the trial could change it."""
    as_data = file in opened.as_data
    if file in opened.read and opened.read[file] is None:
        return ""
    if file in opened.before:
        return opened.before[file][as_data]
    return bytes_hash(Path(file)) if as_data else file_hash(Path(file))


def _named(name: str) -> str:
    """Return a path that a record can hold."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        told = f"the name of the file {_shown(name)}, which the entry opens, is not UTF-8; rename it"
        raise ValueError(told) from error
    return name


def _shown(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _loaded() -> Iterator[str]:
    """Yield the file of every module in memory that no wheel brought, as named and resolved; of an archive that."""
    yield from _WATCH.loaded_before
    newer = itertools.takewhile(_WATCH.last_known.__ne__, reversed(sys.modules))
    for module in map(sys.modules.get, list(newer)):  # the list is made in C: no thread gets between
        told = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
        if isinstance(told, str) and os.path.isabs(told) and not is_installed(told):
            yield from (_existing(Path(path)) for path in {os.path.normpath(told), os.path.realpath(told)})


def _existing(path: Path) -> str:
    """Return the path, or what of it exists: an archive."""
    return str(next((p for p in (path, *path.parents) if p.exists()), path))
