"""The hash of a generator's source: pictures and settings that other code made are not taken for today's."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_SIMULATE = Path(__file__).parents[1]


@cache
def source_hash(loader: str, *rooms: str) -> str:
    """Return the SHA-256 of ``datasets/generated/<loader>.py`` and of all files of these rooms of ``simulate``."""
    digest = hashlib.sha256()
    files = [file for room in rooms for file in sorted((_SIMULATE / room).glob("*.py"))]
    for path in [_SIMULATE.parent / "generated" / f"{loader}.py", *files]:
        digest.update(path.relative_to(_SIMULATE.parent).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
