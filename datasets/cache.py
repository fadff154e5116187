"""Arrays that are costly to make, kept on disk and memory-mapped; whole or absent, never torn."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import platformdirs
from filelock import FileLock
from numpy.typing import DTypeLike, NDArray

from datasets.roots import home_expanded

_FULL = (errno.ENOSPC, errno.EDQUOT, None)  # numpy raises a plain OSError when it cannot reserve room


@dataclass(frozen=True, eq=False)
class Rows:
    """An array that is written row by row while it is made, so that memory need not hold it.

    Attributes:
        rows: Arrays of one shape and ``dtype``, the first axis of the result.
        shape: Shape of a row.
        dtype: Type of all rows.
        at_most: Upper bound of the number of rows, for the message of a full disk.
    """

    rows: Iterable[NDArray]
    shape: tuple[int, ...]
    dtype: DTypeLike
    at_most: int

    @property
    def nbytes(self) -> int:
        """Return the bytes of ``at_most`` rows."""
        return self.at_most * int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize


Arrays = Mapping[str, NDArray] | Iterable[tuple[str, NDArray | Rows]]


class CacheFull(OSError):
    """Say how much room a cache needs, how much there is, and how to move the cache."""

    def __init__(self, home: Path, key: str, needed: int, reason: OSError) -> None:
        free = shutil.disk_usage(home).free
        super().__init__(
            f"the cache {home} has no room for {key}: at least {needed / 1e6:,.0f} MB are needed, "
            f"{free / 1e6:,.0f} MB are free ({reason}). Free some space, or set HEMABENCH_CACHE to a folder on a "
            "larger disk; nothing half-written was left."
        )


class _NoRoom(Exception):
    """A write for which the disk had no room."""


def cache_root() -> Path:
    """Return the cache folder: ``HEMABENCH_CACHE``, else the per-user cache folder."""
    named = os.environ.get("HEMABENCH_CACHE")
    return home_expanded(Path(named)) if named else Path(platformdirs.user_cache_dir("hemabench"))


def cached_arrays(key: str, build: Callable[[], Arrays], root: Path | None = None) -> dict[str, NDArray]:
    """Return read-only memory maps of the arrays that ``build`` makes, building them at most once.

    Two processes that ask at once: one builds, the other waits. A build that fails
    (a full disk, a kill) leaves no folder that a later call would read.

    Args:
        key: Folder name; must cover everything that ``build`` depends on.
        build: Makes the arrays; called only when the cache lacks them. No object dtype. It may yield pairs of
            name and array: each is on disk before the next is asked for.
        root: Cache folder, default ``cache_root()``.

    Raises:
        CacheFull: If the disk or the quota is full.
    """
    home = cache_root() if root is None else root
    folder = home / key
    if not folder.exists():
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / f".{key}.lock"):
            if not folder.exists():
                _write(folder, build)
    return {p.stem: np.load(p, mmap_mode="r", allow_pickle=False) for p in sorted(folder.glob("*.npy"))}


def _write(folder: Path, build: Callable[[], Arrays]) -> None:
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    needed = 0
    try:
        made = build()
        partial.mkdir()
        for name, array in made.items() if isinstance(made, Mapping) else made:
            needed += array.nbytes
            _save(partial / f"{name}.npy", array)
        partial.rename(folder)
    except BaseException as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, _NoRoom) and isinstance(error.__cause__, OSError):
            raise CacheFull(folder.parent, folder.name, needed, error.__cause__) from error.__cause__
        raise


def _save(path: Path, array: NDArray | Rows) -> None:
    with path.open("wb") as file:
        if isinstance(array, Rows):
            _save_rows(file, array)
        else:
            with _room():
                np.save(file, array, allow_pickle=False)
        with _room():
            file.flush()
            os.fsync(file.fileno())


def _save_rows(file: BinaryIO, array: Rows) -> None:
    """Write the header twice: numpy leaves room in it for the number of rows, which is known at the end."""
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(array.dtype)), "fortran_order": False}
    with _room():
        np.lib.format.write_array_header_1_0(file, {**header, "shape": (0, *array.shape)})
    count = 0
    for row in array.rows:
        if row.shape != array.shape or row.dtype != array.dtype:
            raise ValueError(f"row {count} is {row.dtype} {row.shape}, the array has {array.dtype} {array.shape}")
        with _room():
            file.write(row.tobytes())
        count += 1
    with _room():
        file.seek(0)
        np.lib.format.write_array_header_1_0(file, {**header, "shape": (count, *array.shape)})


@contextmanager
def _room() -> Iterator[None]:
    """Tell a full disk from what fails while an array is being made."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise _NoRoom from error
        raise
