"""Arrays that are costly to make, kept on disk and memory-mapped; whole or absent, checked before they are used."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import platformdirs
from numpy.typing import DTypeLike, NDArray

from datasets.roots import home_expanded
from datasets.sealed import Untrusted, read_document, set_aside, sync_folder, write_document

_SEAL = "sealed.json"
_BLOCK = 4 * 2**20  # bytes a checksum covers
_THREADS = 4
_VERIFIED: set[tuple[Any, ...]] = set()  # what this process, or the one it was forked from, has read and found sound
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


class CacheError(OSError):
    """Say why the cache cannot be used, and how to move it."""


class CacheShut(CacheError):
    """Say that nothing can be written where the cache is."""

    def __init__(self, home: Path, reason: OSError) -> None:
        super().__init__(
            f"the cache {home} cannot be written ({reason.strerror or reason}). Ask for the right to, or set "
            "HEMABENCH_CACHE to another folder."
        )


class CacheFull(CacheError):
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
    (a full disk, a kill) leaves no folder that a later call would read. Every array is compared with its checksums
    once a process; a folder that is torn, edited or foreign is set aside, named and made again. Arrays that are there
    and sound are read from a folder that cannot be written, too.

    Args:
        key: Folder name; must cover everything that ``build`` depends on.
        build: Makes the arrays; called only when the cache lacks them. No object dtype. It may yield pairs of
            name and array: each is on disk before the next is asked for.
        root: Cache folder, default ``cache_root()``.

    Raises:
        CacheFull: If the disk or the quota is full.
        CacheShut: If the arrays have to be made and the folder cannot be written.
    """
    home = cache_root() if root is None else root
    folder = home / key
    if not _is_sound(folder):
        with _locked(home, key):
            _make_sound(folder, build)
    return {p.stem: np.load(p, mmap_mode="r", allow_pickle=False) for p in sorted(folder.glob("*.npy"))}


@contextmanager
def _locked(home: Path, key: str) -> Iterator[None]:
    """Hold the lock of a key; the system frees that of a process which is killed."""
    from filelock import FileLock  # here: it hooks every fork and every file opened by a process that has it

    lock = FileLock(home / f".{key}.lock")
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise CacheShut(home, error) from error
    try:
        yield
    finally:
        lock.release()


def _is_sound(folder: Path) -> bool:
    try:
        _verify(folder)
    except Untrusted:
        return False
    return True


def _make_sound(folder: Path, build: Callable[[], Arrays]) -> None:
    """Build what is not there, or not to be trusted; another process may have done it meanwhile."""
    if folder.exists():
        try:
            return _verify(folder)
        except Untrusted as error:
            set_aside(folder, error.why)
    _write(folder, build)
    _verify(folder)


def _verify(folder: Path) -> None:
    """Compare every file with its checksums, unless this process did so and the files have not changed since.

    Raises:
        Untrusted: If a file is torn, edited, missing or one too many.
    """
    if (state := _state(folder)) in _VERIFIED:
        return
    told = read_document(folder / _SEAL)
    if told.get("key") != folder.name:
        raise Untrusted(folder, f"was made for {told.get('key')}")
    files = {p.name: p for p in folder.glob("*.npy")}
    if files.keys() != told.get("blocks", {}).keys():
        raise Untrusted(folder, f"has the arrays {sorted(files)}, not {sorted(told['blocks'])}")
    for name, path in files.items():
        if _checksums(path) != told["blocks"][name]:
            raise Untrusted(folder, f"is torn or edited: {name} does not match its checksums")
    _VERIFIED.add(state)


def _state(folder: Path) -> tuple[Any, ...]:
    files = [(p.name, p.stat()) for p in sorted(folder.glob("*"))]
    return (str(folder), *((name, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for name, s in files))


def _checksums(path: Path) -> list[str]:
    """Return the SHA-256 of each block of a file, several at a time."""
    with path.open("rb") as file, ThreadPoolExecutor(_THREADS) as threads:
        starts = range(0, os.fstat(file.fileno()).st_size, _BLOCK)
        return list(
            threads.map(lambda start: hashlib.sha256(os.pread(file.fileno(), _BLOCK, start)).hexdigest(), starts)
        )


def _write(folder: Path, build: Callable[[], Arrays]) -> None:
    _sweep(folder.parent)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    needed = 0
    try:
        made = build()
        partial.mkdir()
        for name, array in made.items() if isinstance(made, Mapping) else made:
            needed += array.nbytes
            _save(partial / f"{name}.npy", array)
        blocks = {p.name: _checksums(p) for p in sorted(partial.glob("*.npy"))}
        with _room():
            write_document(partial / _SEAL, {"key": folder.name, "blocks": blocks})
        partial.rename(folder)
        sync_folder(folder.parent)
    except BaseException as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, _NoRoom) and isinstance(error.__cause__, OSError):
            raise CacheFull(folder.parent, folder.name, needed, error.__cause__) from error.__cause__
        raise


def _sweep(home: Path) -> None:
    """Remove what killed builds left, which are those that hold no lock."""
    from filelock import FileLock, Timeout

    for partial in home.glob(".*.partial"):
        try:
            with FileLock(home / f"{partial.name.removesuffix('.partial')}.lock", timeout=0):
                shutil.rmtree(partial, ignore_errors=True)
        except Timeout:
            continue


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
