"""What a file imports, read from its syntax tree: files of the project, files beside it, libraries.

In the tree a name that comes through the door of a room leads to the file that defines it, and the other files of the
room do not count. The ``__init__`` of a package holds a registry, which belongs to no entry. Outside the tree every
``__init__`` on the way counts, because Python runs it. What a path that is changed at run time would find is not seen
here; ``benchmark.records.watched`` sees it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmark.entries import ROOT

PACKAGES = ("benchmark", "baselines", "models", "datasets", "leaderboard")
_IMPORTERS = frozenset({"import_module", "__import__"})


@dataclass
class Found:
    """Hold what one file imports itself: files, and top-level names of libraries."""

    files: list[Path] = field(default_factory=list)
    libraries: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Wish:
    """Name a module, and what is taken out of it: one name, "*" for all, or "" for the module itself."""

    module: str
    name: str = ""


def found_in(file: Path) -> Found:
    """Return what a file imports itself.

    Raises:
        SyntaxError: If it is no Python.
    """
    found = Found()
    for wish in _wishes(ast.parse(file.read_bytes(), filename=str(file))):
        files = _files(wish, file)
        found.files += files
        top = wish.module.partition(".")[0]
        if not files and top and top not in sys.stdlib_module_names and top not in PACKAGES:
            found.libraries.add(top)
    return found


def _wishes(tree: ast.AST) -> Iterator[_Wish]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (_Wish(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from (_Wish(base, alias.name) for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            yield from _called(node)


def _called(call: ast.Call) -> Iterator[_Wish]:
    """Yield the module of ``import_module("a.b")`` and of ``import_module(".b", "a")``."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = [*call.args, *(word.value for word in call.keywords if word.arg == "package")]
    texts = [node.value for node in given if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if name in _IMPORTERS and texts:
        level = len(texts[0]) - len(texts[0].lstrip("."))
        within = texts[1].split(".") if level and len(texts) > 1 else []
        base = within[: len(within) - level + 1]
        yield _Wish(".".join([*base, texts[0].lstrip(".")]) if base else texts[0])


def _files(wish: _Wish, importer: Path) -> list[Path]:
    level = len(wish.module) - len(wish.module.lstrip("."))
    parts = [part for part in wish.module.lstrip(".").split(".") if part]
    if level:
        base = importer.parents[min(level, len(importer.parents)) - 1]
        inside = base.relative_to(ROOT).parts if _is_of_tree(importer) else ()
        return _of_tree([*inside, *parts], wish.name) if inside else _outside(base, parts, wish.name, is_package=True)
    if not parts:
        return []
    if parts[0] in PACKAGES:
        return _of_tree(parts, wish.name)
    if _is_of_tree(importer):
        return []
    return next((files for base in _bases(importer) if (files := _outside(base, parts, wish.name))), [])


def _is_of_tree(file: Path) -> bool:
    return file.is_relative_to(ROOT) and file.relative_to(ROOT).parts[0] in PACKAGES


def _bases(importer: Path) -> list[Path]:
    """Return where a file outside the tree may find its own: its folder, and the folder of its outermost package."""
    top = importer.parent
    while (top / "__init__.py").is_file() and top != top.parent:
        top = top.parent
    return list(dict.fromkeys([importer.parent, top]))


def _outside(base: Path, parts: list[str], name: str, *, is_package: bool = False) -> list[Path]:
    """Return the files of a module below ``base`` with every ``__init__`` on the way, and of a submodule ``name``."""
    steps = [base.joinpath(*parts[:i]) for i in range(0 if is_package else 1, len(parts) + 1)]
    places = dict.fromkeys([*steps, steps[-1] / name])  # no module is called "*"
    found = []
    for place in places:
        for file in (place / "__init__.py", place.parent / f"{place.name}.py"):
            if file.is_file():
                found.append(file.resolve())
                break
    return found


def _of_tree(parts: list[str], name: str) -> list[Path]:
    """Return the files that a module of the tree, or a name out of it, leads to."""
    place = ROOT.joinpath(*parts)
    if (file := place.with_suffix(".py")).is_file():
        return [file.resolve()]
    door = place / "__init__.py"
    if not door.is_file():
        return []
    if name and name != "*":
        return _through(door, parts, name)
    return [] if len(parts) == 1 else [door.resolve()]


def _through(door: Path, parts: list[str], name: str) -> list[Path]:
    """Return the files behind one name of a door: where it is defined, or the submodule; nothing for a registry."""
    for node in ast.parse(door.read_bytes(), filename=str(door)).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _files(_Wish("." * node.level + (node.module or ""), alias.name), door)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and name in _targets(node):
            return [] if isinstance(node.value, ast.Dict) else [door.resolve()]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return [door.resolve()]
    return _of_tree([*parts, name], "") or ([door.resolve()] if len(parts) > 1 else [])


def _targets(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}
