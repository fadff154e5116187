"""Fold the memory of a server into huge pages: a fork then copies one entry of the page table where it copied 512."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

_COLLAPSE = 25  # MADV_COLLAPSE from linux/mman.h, since Linux 6.1
_HUGE = 2 << 20


def fold_memory() -> None:
    """Ask the kernel to fold this process's private memory; what it cannot fold stays as it is, only slower to fork."""
    madvise = ctypes.CDLL(None).madvise
    for start, end in _private_memory():
        madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _COLLAPSE)


def _private_memory() -> Iterator[tuple[int, int]]:
    """Yield start and end of what no file backs, as whole huge pages."""
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        area, rights, _, _, inode, *name = line.split(maxsplit=5)
        first, last = (int(end, 16) for end in area.split("-"))
        start, end = -(-first // _HUGE) * _HUGE, last // _HUGE * _HUGE
        if rights == "rw-p" and inode == "0" and name in ([], ["[heap]"]) and start < end:
            yield start, end
