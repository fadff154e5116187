"""The content of a file as a record tells it: what Python means, the bytes of all else, "" for what is not there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from benchmark.records.key import source_hash

_BYTES = "bytes:"  # before the hash of a Python file that was read as data, comments included


def differing(watched: Mapping[str, str]) -> list[str]:
    """Return the paths that no longer have the content that a record tells, or are there and were not."""
    return [path for path, known in watched.items() if _again(Path(path), known) != known]


def _again(path: Path, known: str) -> str:
    return bytes_hash(path) if known.startswith(_BYTES) else file_hash(path)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, of Python that of what it means, or "" where it cannot be read."""
    return _kept(_file_hash, path)


def bytes_hash(path: Path) -> str:
    """Return the SHA-256 of the bytes of a Python file, marked so, of another ``file_hash``."""
    if path.suffix != ".py":
        return file_hash(path)
    found = _kept(_bytes_hash, path)
    return found and _BYTES + found


def _kept(hashed: Callable[..., str], path: Path) -> str:
    """Return a hash that is computed once while the file stays as it is."""
    try:
        state = path.stat()
        return hashed(path, state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)
    except OSError:
        return ""


@cache
def _file_hash(path: Path, *state: int) -> str:
    if path.suffix == ".py":
        with suppress(SyntaxError, ValueError):
            return source_hash(path)
    return _bytes_hash(path, *state)


@cache
def _bytes_hash(path: Path, *_state: int) -> str:
    with open(os.fspath(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
