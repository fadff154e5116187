"""The content hash of a trial: everything that determines its predictions, code included."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("benchmark", "baselines", "models", "datasets", "leaderboard")
_REGISTRIES = frozenset(ROOT / package / "__init__.py" for package in PACKAGES)
_FORMAT = 1


def digest(parts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of JSON-able parts, independent of their order."""
    text = json.dumps({"format": _FORMAT, **parts}, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def code_parts(start: Path) -> dict[str, Any]:
    """Return what the code of a file contributes to a key.

    The file, every project file that it imports (at any depth, also inside functions), and
    the versions of the libraries that these import. Comments, docstrings and layout do not count.
    """
    files = sorted(closure(start))
    libraries = sorted({name for file in files for name in _imports(file).libraries})
    return {
        "source": {_label(file, start): _source_hash(file) for file in files},
        "libraries": {name: _version(name) for name in libraries},
        "python": ".".join(platform.python_version_tuple()[:2]),
    }


def closure(start: Path) -> set[Path]:
    """Return ``start`` and every project file, or file beside ``start``, that it imports.

    The ``__init__`` of a top-level package only holds its registry, so it belongs to no entry.
    """
    start = start.resolve()
    seen: set[Path] = set()
    todo = [start]
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            todo += _imports(file).files
    return seen


class _Found:
    def __init__(self) -> None:
        self.files: list[Path] = []
        self.libraries: set[str] = set()


def _imports(file: Path) -> _Found:
    return _imports_of(file, file.stat().st_mtime_ns)


@cache
def _imports_of(file: Path, _changed: int) -> _Found:
    found = _Found()
    for module in _imported_modules(file):
        path = _project_file(module, file)
        if path is not None:
            found.files.append(path)
        elif (top := module.partition(".")[0]) not in sys.stdlib_module_names and top not in PACKAGES:
            found.libraries.add(top)
    return found


def _imported_modules(file: Path) -> Iterator[str]:
    """Yield every name that may be a module: ``a.b`` of ``import a.b``; ``a`` and ``a.b`` of ``from a import b``."""
    for node in ast.walk(ast.parse(file.read_bytes(), filename=str(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield base
            yield from (f"{base}{'' if base.endswith('.') else '.'}{alias.name}" for alias in node.names)


def _project_file(module: str, importer: Path) -> Path | None:
    level = len(module) - len(module.lstrip("."))
    parts = [part for part in module.lstrip(".").split(".") if part]
    if level:
        bases = [importer.parents[level - 1]]
    elif parts and parts[0] in PACKAGES:
        bases = [ROOT]
    else:
        bases = [] if importer.is_relative_to(ROOT) and _package_of(importer) else [importer.parent]
    for base in bases if parts else []:
        for candidate in (base.joinpath(*parts).with_suffix(".py"), base.joinpath(*parts, "__init__.py")):
            if candidate.is_file() and candidate not in _REGISTRIES:
                return candidate.resolve()
    return None


def _package_of(file: Path) -> str | None:
    top = file.resolve().relative_to(ROOT).parts[0]
    return top if top in PACKAGES else None


def _label(file: Path, start: Path) -> str:
    for base in (ROOT, start.resolve().parent):
        if file.is_relative_to(base):
            return file.relative_to(base).as_posix()
    return file.name


def _source_hash(file: Path) -> str:
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
def _distributions() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


@cache
def _version(library: str) -> str:
    names: Iterable[str] = sorted(set(_distributions().get(library, [])))
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names) or "not installed"


def short(key: str) -> str:
    """Return the part of a key that names its folder and is shown to people."""
    return key[:16]
