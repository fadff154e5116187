"""What a server of trials imports before it forks: the libraries and project files of an entry, never a user's file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from benchmark.planning import entry_file
from benchmark.records import PACKAGES, ROOT, closure

# Only libraries that this project depends on, whose import is known to start no thread.
_FAMILIES = {
    "torch": frozenset({"torch", "torchvision", "torch_geometric", "timm", "safetensors"}),
    "classic": frozenset({"sklearn", "xgboost", "scipy", "skimage"}),
    "plain": frozenset({"numpy", "pandas", "pyarrow"}),
}
_KNOWN = frozenset[str]().union(*_FAMILIES.values())


@cache
def preloaded(target: str) -> tuple[str, tuple[str, ...]]:
    """Return the family of an entry ("torch", "classic" or "plain") and the modules to import for it.

    Entries of a family share a server: what a process holds makes every fork of it dearer.

    Args:
        target: "module:attribute" or "path/to/file.py:Class".
    """
    try:
        files = sorted(closure(entry_file(target)))
        libraries = {name for file in files for name in _imported(file) if name.partition(".")[0] in _KNOWN}
    except (OSError, SyntaxError, UnicodeDecodeError):
        return "plain", ()  # the trial meets the error again and records it
    tops = {name.partition(".")[0] for name in libraries}
    family = next((name for name, members in _FAMILIES.items() if tops & members), "plain")
    return family, (*sorted(libraries), *(_module(file) for file in files if _is_ours(file, target)))


def _is_ours(file: Path, target: str) -> bool:
    if not file.is_relative_to(ROOT) or str(file) == target.rpartition(":")[0]:
        return False
    return file.relative_to(ROOT).parts[0] in PACKAGES


def _module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes(), filename=str(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
