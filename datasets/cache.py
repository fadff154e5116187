"""Arrays that are costly to make, kept on disk and memory-mapped; whole or absent, never torn."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import platformdirs
from filelock import FileLock
from numpy.typing import NDArray


def cache_root() -> Path:
    """Return the cache folder: ``HEMABENCH_CACHE``, else the per-user cache folder."""
    named = os.environ.get("HEMABENCH_CACHE")
    return Path(named).expanduser() if named else Path(platformdirs.user_cache_dir("hemabench"))


def cached_arrays(key: str, build: Callable[[], Mapping[str, NDArray]], root: Path | None = None) -> dict[str, NDArray]:
    """Return read-only memory maps of the arrays that ``build`` makes, building them at most once.

    Two processes that ask at once: one builds, the other waits. A build that fails
    (a full disk, a kill) leaves no folder that a later call would read.

    Args:
        key: Folder name; must cover everything that ``build`` depends on.
        build: Makes the arrays; called only when the cache lacks them. No object dtype.
        root: Cache folder, default ``cache_root()``.
    """
    home = cache_root() if root is None else root
    folder = home / key
    if not folder.exists():
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / f".{key}.lock"):
            if not folder.exists():
                _write(folder, build())
    return {p.stem: np.load(p, mmap_mode="r", allow_pickle=False) for p in sorted(folder.glob("*.npy"))}


def _write(folder: Path, arrays: Mapping[str, NDArray]) -> None:
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        for name, array in arrays.items():
            with (partial / f"{name}.npy").open("wb") as file:
                np.save(file, array, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
