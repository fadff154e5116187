"""Where a suite came from, kept in its plans: two things of one name are not one thing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """Say what a suite is.

    Attributes:
        kind: "tree" for a suite of the tree, "file" for a suite file, "datasets" for datasets that were named alone.
        names: Name of the suite; path of the file; names of datasets and paths of users' cohorts. Paths are absolute.
    """

    kind: str
    names: tuple[str, ...]

    @property
    def told(self) -> str:
        """Return it in words."""
        words = {"tree": "suite {} of the tree", "file": "the suite file {}", "datasets": "dataset {}"}
        return words.get(self.kind, "{}").format(" and ".join(self.names))

    def relative_to(self, folder: Path) -> Source:
        """Return it with paths seen from a folder, which stay when both are moved."""
        names = (os.path.relpath(name, folder.resolve()) if name.endswith(".toml") else name for name in self.names)
        return Source(self.kind, tuple(names))


UNKNOWN = Source("unknown", ())
