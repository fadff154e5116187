"""Python that a user wrote is compiled whenever it is imported, never taken from a compiled copy.

A copy in ``__pycache__`` counts as fresh when size and second of change agree, so a quick edit could run old code; and
a set that is written down in it may come in another order than from the source, so trials of one entry could differ.
Packages that are installed keep their copies, and so does what a process imports that an entry starts anew, by spawn.
"""

from __future__ import annotations

import site
import sys
import sysconfig
from collections.abc import Mapping
from importlib.abc import PathEntryFinder
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from pathlib import Path

from benchmark.entries.source_facts import ROOT

_TREE = tuple(ROOT / name for name in ("baselines", "benchmark", "datasets", "leaderboard", "models"))
_LIBRARIES = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
_INSTALLED = (*_TREE, *map(Path, {*_LIBRARIES, *site.getsitepackages(), site.getusersitepackages()}))


class FromSource(SourceFileLoader):
    """A loader that neither reads nor writes compiled copies."""

    def path_stats(self, path: str) -> Mapping[str, object]:
        """Refuse what the import system compares with a copy.

        Raises:
            OSError: Always; the import system then compiles the file.
        """
        raise OSError(f"{path} is compiled anew")


_PACKAGES = frozenset(("site-packages", "dist-packages"))
_FINDER = FileFinder.path_hook(
    (ExtensionFileLoader, EXTENSION_SUFFIXES), (FromSource, [".py"]), (SourcelessFileLoader, BYTECODE_SUFFIXES)
)


def import_from_source() -> None:
    """Let this process, and what it forks, import files that are not installed from their source."""
    if _outside not in sys.path_hooks:
        sys.path_hooks.insert(0, _outside)
        for known in list(sys.path_importer_cache):
            if not _is_installed(known):
                del sys.path_importer_cache[known]


def _outside(folder: str) -> PathEntryFinder:
    if _is_installed(folder):
        raise ImportError(f"{folder} is left to the usual finder", path=folder)
    return _FINDER(folder)


def _is_installed(folder: str) -> bool:
    path = Path(folder).absolute()
    return any(path.is_relative_to(known) for known in _INSTALLED) or not _PACKAGES.isdisjoint(path.parts)
