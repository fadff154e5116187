"""Files that no dataset has: what operating systems leave behind, and what is extra in a folder, by kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

_LEFT_BEHIND = frozenset(
    ("__macosx", ".ds_store", ".appledouble", ".spotlight-v100", ".trashes", ".fseventsd", "thumbs.db", "ehthumbs.db",
     "desktop.ini", "$recycle.bin", "system volume information", "@eadir")
)  # fmt: skip
_LEFT = "left by the operating system"
_SHOWN = 8


def is_left_behind(path: str) -> bool:
    """Return whether a path, with slashes, is what macOS, Windows or a file server adds to folders and archives."""
    parts = path.split("/")
    return parts[-1].startswith("._") or any(part.casefold() in _LEFT_BEHIND for part in parts)


def by_kind(paths: Iterable[str]) -> list[str]:
    """Return how many files there are of each suffix, most first, with an example; stray ones of systems come last."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        kinds[_LEFT if is_left_behind(path) else PurePosixPath(path).suffix.lower() or "without a suffix"].append(path)
    order = sorted(kinds, key=lambda kind: (kind == _LEFT, -len(kinds[kind]), kind))
    told = [f"{len(kinds[kind]):,} {kind} (such as {min(kinds[kind])})" for kind in order]
    rest = sum(len(kinds[kind]) for kind in order[_SHOWN:])
    return [*told[:_SHOWN], *([f"{rest:,} of {len(order) - _SHOWN} other kinds"] if rest else [])]
