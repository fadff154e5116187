"""What a server of trials imports before it forks: the libraries and project files of an entry, never a user's file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from benchmark.entries import ROOT
from benchmark.records import PACKAGES, codes

# Only libraries that this project depends on, whose import is known to start no thread.
_FAMILIES = {
    "torch": frozenset({"torch", "torchvision", "torch_geometric", "timm", "safetensors"}),
    "classic": frozenset({"sklearn", "xgboost", "lightgbm", "scipy", "skimage"}),
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
    code = codes([target])[target]
    if code is None:
        return "plain", ()  # the trial meets the error again and records it
    source, tops = code["entry"]["source"], code["entry"]["libraries"].keys()
    family = next((name for name, members in _FAMILIES.items() if tops & members), "plain")
    ours = [ROOT / label for label in source if label.partition("/")[0] in PACKAGES and (ROOT / label).is_file()]
    place = target.rpartition(":")[0]
    outside = [Path(place).parent / label for label in source] if place.endswith(".py") else []
    libraries = {name for file in outside for name in _known_libraries(file)}
    modules = [_module(file) for file in ours if str(file) != place]
    return family, (*sorted(libraries), *modules)


def _module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _known_libraries(file: Path) -> Iterator[str]:
    """Yield what a file from outside imports of the libraries that are known; files of the tree import their own."""
    for node in ast.walk(ast.parse(file.read_bytes() if file.is_file() else b"")):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        yield from (name for name in names if name.partition(".")[0] in _KNOWN)
