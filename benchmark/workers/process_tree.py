"""Processes on Linux: end with the parent, own what descendants leave behind, and end them all."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterator, Set
from contextlib import suppress
from functools import cache
from pathlib import Path

_PARENT_DEATH_SIGNAL, _CHILD_SUBREAPER = 1, 36  # from linux/prctl.h
_LISTED = Path(f"/proc/self/task/{os.getpid()}/children").exists()  # some kernels are built without
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def end_with_parent(parent: int, number: signal.Signals) -> None:
    """Have the kernel send this process a signal when ``parent``, which made it, ends.

    The signal comes when the *thread* that made the process ends.
    """
    _prctl(_PARENT_DEATH_SIGNAL, number)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that none can get out of sight."""
    _prctl(_CHILD_SUBREAPER, 1)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    if _libc().prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")


def children(pid: int) -> set[int]:
    """Return the direct children of a process, those that ended and were not waited for among them."""
    if not _LISTED:
        return {one for one in _processes() if (fields := _stat(one)) and int(fields[1]) == pid}
    found: set[int] = set()
    for task in _tasks(pid):
        try:
            with open(f"/proc/{pid}/task/{task}/children", "rb") as listed:
                found.update(map(int, listed.read().split()))
        except (FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            continue
    return found


def _tasks(pid: int) -> list[str]:
    """Return the threads of a process, none when it is gone."""
    try:
        return os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return []


def _processes() -> Iterator[int]:
    return (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))


def _stat(pid: int) -> list[str]:
    """Return the fields after the name of a process, or none when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def end_children(keep: Set[int] = frozenset()) -> None:
    """Kill every child of this process but ``keep``, and what these leave behind, until none is left."""
    while strangers := children(os.getpid()) - keep:
        for pid in strangers:
            end(pid)


def end(pid: int) -> None:
    """Kill a child of this process and wait for its end; one that is gone is no error."""
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        return


def end_descendants(pid: int) -> None:
    """Stop a child of this process that adopts orphans, and kill all that descends from it, in whatever session."""
    try:
        os.kill(pid, signal.SIGSTOP)  # so that it makes no new ones meanwhile
    except ProcessLookupError:
        return
    while living := [one for one in _descendants(pid) if (fields := _stat(one)) and fields[0] != "Z"]:
        for one in living:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)


def end_session(leader: int) -> None:
    """Kill the session of a process that leads one; one that is gone is no error."""
    if not hasattr(os, "killpg"):
        return
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process, of all that descend from it, and of those that it waited for."""
    family = [pid, *_descendants(pid)]
    return sum(sum(map(int, _stat(one)[11:15])) for one in family) / _TICKS  # own and waited-for, user and system


def _descendants(pid: int) -> Iterator[int]:
    todo = list(children(pid))
    while todo:
        one = todo.pop()
        yield one
        todo += children(one)
