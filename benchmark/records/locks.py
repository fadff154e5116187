"""Who may write: one run a suite, one board a profile at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmark.records.store import Store, StoreError

if TYPE_CHECKING:
    from filelock import FileLock

_FIRST = 1.0  # seconds before the first word; then after twice as long each time
_PATIENCE = 1800.0


@contextmanager
def run_lock(store: Store) -> Iterator[None]:
    """Hold the lock of a run: records, plans, splits and studies of a suite are written by one process only.

    Raises:
        Timeout: At once, if another run holds it.
    """
    from filelock import FileLock  # here: it hooks every fork and every file opened by a process that has it

    store.folder.mkdir(parents=True, exist_ok=True)
    with FileLock(store.folder / ".lock", timeout=0):
        yield


@contextmanager
def board_lock(store: Store, profile: str, say: Callable[[str], object], patience: float = _PATIENCE) -> Iterator[None]:
    """Hold the lock of a board from reading its plan to writing its files, or an older board may replace a newer one.

    Args:
        store: Records of the suite.
        profile: Of the board.
        say: Hears what is waited for, and for how long.
        patience: Seconds after which waiting ends.

    Raises:
        StoreError: If another command has not finished the board by then.
    """
    from filelock import FileLock

    folder = store.folder / "scores" / profile
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    _acquire(lock, f"another command that makes the board of {store.folder}, profile {profile}", say, patience)
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, what: str, say: Callable[[str], object], patience: float) -> None:
    from filelock import Timeout

    started, pause = time.monotonic(), _FIRST
    while True:
        left = patience - (time.monotonic() - started)
        try:
            lock.acquire(timeout=max(0.0, min(pause, left)))
            return
        except Timeout as error:
            waited = time.monotonic() - started
            if waited >= patience:
                raise StoreError(f"waited {waited:.0f} s in vain for {what}; stop it, or try again later") from error
            say(f"Waiting for {what}: {waited:.0f} s so far, {patience / 60:.0f} minutes at most.")
            pause *= 2
