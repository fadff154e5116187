"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_bytes(path: Path, content: bytes) -> Path:
    """Write a file under its name only when all of it is on disk."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as scratch:
        whole = Path(scratch) / path.name
        with whole.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(whole, path)
    return path
