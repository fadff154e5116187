"""Files that a figure depends on: written whole or not at all, sealed with a checksum, set aside when wrong."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

QUARANTINE = "quarantine"  # folder beside what was set aside
_SEAL = "sha256"
_DAY = 86_400.0
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_PART = re.compile(r"\..*\.(?P<pid>\d+)@(?P<host>[^@]*)\.[a-z0-9_]+\.part", re.DOTALL)
_log = logging.getLogger("hemabench")


class Untrusted(RuntimeError):
    """Report a file that is torn, edited or foreign."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} {why}")
        self.path, self.why = path, why


def write_atomic(path: Path, body: bytes) -> None:
    """Write a file that is whole or absent, also after a power cut.

    Raises:
        OSError: If the disk is full, say; the old file is then still there, and nothing else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    name = os.path.join(path.parent, f"{part_prefix(path.name)}{os.urandom(6).hex()}.part")
    handle = os.open(name, _NEW, 0o600)
    try:
        with open(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def part_prefix(name: str) -> str:
    """Return how the unfinished file of this process begins, so that ``sweep`` knows whose it is."""
    return f".{name[:100]}.{os.getpid()}@{socket.gethostname()[:60]}."


def sweep(folder: Path, older_than: float = _DAY) -> list[Path]:
    """Remove unfinished files below ``folder`` whose writers are dead, or that are older than a day; nothing else.

    Args:
        folder: Searched at any depth.
        older_than: Age in seconds from which the file of a writer on another machine counts as left behind.
    """
    gone = []
    for place, folders, names in os.walk(folder):
        for name in (*names, *folders):
            found = _PART.fullmatch(name)
            if found and _is_left_behind(path := Path(place, name), found, older_than):
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
                gone.append(path)
    return gone


def _is_left_behind(path: Path, found: re.Match[str], older_than: float) -> bool:
    try:
        age = time.time() - path.lstat().st_mtime
    except FileNotFoundError:
        return False
    here = found["host"] == socket.gethostname()[:60]
    return age > older_than or (here and not _is_alive(int(found["pid"])))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def write_document(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object that seals itself, a line a field: its field ``sha256`` is the hash of all others."""
    lines = (f"{json.dumps(name)}: {json.dumps(part, ensure_ascii=False)}" for name, part in sealed(content).items())
    write_atomic(path, ("{\n" + ",\n".join(lines) + "\n}").encode())


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object with its seal."""
    plain = json.loads(json.dumps(content))  # as it will be read: tuples are lists, keys are text
    return {**plain, _SEAL: seal_of(plain)}


def seal_of(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a JSON object, whatever the order of its keys; its own seal does not count."""
    plain = {name: value for name, value in content.items() if name != _SEAL}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def read_document(path: Path) -> dict[str, Any]:
    """Return what ``write_document`` wrote, without the seal.

    Raises:
        Untrusted: If the file is anything else.
    """
    try:
        return unsealed(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise Untrusted(path, f"is torn, edited or foreign ({error})") from error


def unsealed(body: bytes) -> dict[str, Any]:
    """Return a sealed JSON object without its seal.

    Raises:
        ValueError: If it is none, or its seal is broken.
    """
    raw = json.loads(body.decode())
    if not isinstance(raw, dict) or _SEAL not in raw:
        raise ValueError("no seal")
    if raw[_SEAL] != seal_of(raw):
        raise ValueError("does not match its seal")
    return {name: value for name, value in raw.items() if name != _SEAL}


def set_aside(path: Path, why: str, say: Callable[[str], object] = _log.warning) -> Path:
    """Move an untrusted file or folder to ``quarantine`` beside it, replacing one of its name, and say so once."""
    to = path.parent / QUARANTINE / path.name
    to.parent.mkdir(exist_ok=True)
    shutil.rmtree(to) if to.is_dir() else to.unlink(missing_ok=True)
    os.replace(path, to)
    sync_folder(path.parent)
    say(f"Quarantined: {path} {why}; moved to {to}, to be made again")
    return to
