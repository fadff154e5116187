"""The split plans of a run, kept beside its records under their checksums."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from benchmark.records.store import Store
from datasets.sealed import set_aside
from datasets.splits import SplitError, SplitPlan, load_plan, save_plan


def keep_split(split: SplitPlan, store: Store) -> None:
    """Keep a split for the workers under its checksum; a file there that is not this split is set aside."""
    path = _split_path(store, split.checksum)
    if path.exists():
        try:
            load_plan(path, split.checksum)
        except SplitError as error:
            set_aside(path, f"cannot be trusted ({error})")
    if not path.exists():
        save_plan(split, path)


def kept_split(store: Store, checksum: str) -> SplitPlan:
    """Return the split that was kept under a checksum, read once in a process unless its file changes.

    Raises:
        SplitError: If it is not there, torn, or another one.
    """
    path = _split_path(store, checksum)
    state = path.stat() if path.exists() else None
    return _split_of(path, checksum, *((state.st_mtime_ns, state.st_size, state.st_ino) if state else ()))


@cache
def _split_of(path: Path, checksum: str, *_state: int) -> SplitPlan:
    return load_plan(path, checksum)


def _split_path(store: Store, checksum: str) -> Path:
    return store.folder / "splits" / f"{checksum[:16]}.csv"
