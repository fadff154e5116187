"""Files that are there whole or not at all.

The few lines stand here again, besides ``datasets/sealed.py``, because this package imports nothing of ours: whoever
has it and a published board can verify it. Unfinished files are named alike, so that one sweep finds both.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import tempfile
from pathlib import Path

QUARANTINE = "quarantine"
_log = logging.getLogger("hemabench")


def replace_bytes(path: Path, content: bytes) -> Path:
    """Write a file under its name only when all of it is on disk, for good also after a power cut."""
    prefix = f".{path.name[:100]}.{os.getpid()}@{socket.gethostname()[:60]}."
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return path


def set_aside(folder: Path, why: str) -> None:
    """Move a folder that cannot be trusted to ``quarantine`` beside it, replacing one of its name, and say so."""
    to = folder.parent / QUARANTINE / folder.name
    to.parent.mkdir(exist_ok=True)
    shutil.rmtree(to, ignore_errors=True)
    os.replace(folder, to)
    _log.warning("Quarantined: %s %s; moved to %s, to be made again", folder, why, to)
