"""The content hash of a trial: everything that determines its predictions, code included."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmark.entries import ROOT
from benchmark.records.imports import Found, found_in

_FORMAT = 1


def digest(parts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of JSON-able parts, independent of their order."""
    text = json.dumps({"format": _FORMAT, **parts}, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def code_parts(*starts: Path) -> dict[str, Any]:
    """Return what the code of some files contributes to a key.

    The files, every project file that they import (at any depth, also inside functions), and
    the versions of the libraries that these import. Comments, docstrings and layout do not count.
    """
    return _code(starts).parts


def closure(*starts: Path) -> Set[Path]:
    """Return the files and every file of the project, or beside them, that they import (``records/imports.py``)."""
    return _code(starts).states.keys()


@dataclass(frozen=True)
class _Code:
    """Keep what some files contribute, with when each file was changed."""

    states: Mapping[Path, int]
    parts: dict[str, Any]

    def holds(self) -> bool:
        """Return whether no file has changed since."""
        try:
            return all(os.stat(file).st_mtime_ns == changed for file, changed in self.states.items())
        except OSError:
            return False


_CODES: dict[tuple[Path, ...], _Code] = {}


def _code(starts: tuple[Path, ...]) -> _Code:
    known = _CODES.get(starts)
    if known is None or not known.holds():
        known = _CODES[starts] = _read_code(starts)
    return known


def _read_code(starts: tuple[Path, ...]) -> _Code:
    states = {file: file.stat().st_mtime_ns for file in sorted(_closure(starts))}
    libraries = sorted({name for file in states for name in _imports(file).libraries})
    parts = {
        "source": {label(file, starts[0]): source_hash(file) for file in states},
        "libraries": {name: _version(name) for name in libraries},
        "python": ".".join(platform.python_version_tuple()[:2]),
    }
    return _Code(states, parts)


def _closure(starts: tuple[Path, ...]) -> set[Path]:
    seen: set[Path] = set()
    todo = [start.resolve() for start in starts]
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            todo += _imports(file).files
    return seen


def _imports(file: Path) -> Found:
    return _imports_of(file, file.stat().st_mtime_ns)


@cache
def _imports_of(file: Path, _changed: int) -> Found:
    return found_in(file)


def label(file: Path, start: Path = ROOT) -> str:
    """Return the path in the tree, or from the folder of the first file, which may lie anywhere."""
    if file.is_relative_to(ROOT):
        return file.relative_to(ROOT).as_posix()
    return Path(os.path.relpath(file, start.resolve().parent)).as_posix()


def source_hash(file: Path) -> str:
    """Return the SHA-256 of what a file of Python means: comments, docstrings and layout do not count."""
    return _source_hash_of(file, file.stat().st_mtime_ns)


@cache
def _source_hash_of(file: Path, _changed: int) -> str:
    tree = ast.parse(file.read_bytes(), filename=str(file))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


@cache
def distributions() -> Mapping[str, list[str]]:
    """Return top-level name -> installed distributions that bring it."""
    return importlib.metadata.packages_distributions()


@cache
def _version(library: str) -> str:
    names = sorted(set(distributions().get(library, [])))
    return ", ".join(map(_version_of, names)) or "not installed"


def _version_of(name: str) -> str:
    """Return name and version; a distribution from a folder or repository keeps its version when it changes."""
    found = importlib.metadata.distribution(name)
    record = found.read_text("RECORD") if found.read_text("direct_url.json") else None
    return f"{name} {found.version}" + (f" {hashlib.sha256(record.encode()).hexdigest()[:12]}" if record else "")


def short(key: str) -> str:
    """Return the part of a key that names its folder and is shown to people."""
    return key[:16]
