"""Folding memory changes nothing that a process can read."""

from __future__ import annotations

import subprocess
import sys
from ctypes import c_size_t, c_void_p
from types import SimpleNamespace

import pytest

from benchmark.workers import huge_pages

SCRIPT = """
import hashlib, os
from benchmark.workers.huge_pages import fold_memory
blocks = [bytearray(os.urandom(1 << 20)) for _ in range(12)]
before = [hashlib.sha256(block).hexdigest() for block in blocks]
fold_memory()
pid = os.fork()
if pid == 0:
    for block in blocks:
        block[::4096] = bytes(256)
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
assert [hashlib.sha256(block).hexdigest() for block in blocks] == before
"""


@pytest.mark.skipif(sys.platform != "linux", reason="servers fork on Linux")
def test_memory_is_the_same_after_it_was_folded_and_after_a_child_wrote_to_it():
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)


MAPS = """\
00200000-00600000 rw-p 00000000 00:00 0
00700000-00b00001 rw-p 00000000 00:00 0                          [heap]
00c00000-01000000 r--p 00000000 00:00 0
01000000-01400000 rw-p 00000000 08:01 77                         /x y/lib.so
01400000-01800000 rw-p 00000000 00:00 0                          [stack]
01900000-01afffff rw-p 00000000 00:00 0
01a00000-01c00000 rw-p 00000000 00:00 0
7f0000000000-7f0000100000 rw-p 00000000 00:00 0
"""


def test_only_whole_huge_pages_of_private_memory_are_folded(monkeypatch):
    folded = []

    class Libc:
        def __init__(self, name):
            assert name is None

        def madvise(self, start, length, advice):
            folded.append((start.value, length.value, advice))

    monkeypatch.setattr(huge_pages, "ctypes", SimpleNamespace(CDLL=Libc, c_void_p=c_void_p, c_size_t=c_size_t))
    monkeypatch.setattr(huge_pages, "Path", lambda name: SimpleNamespace(read_text=lambda **_: MAPS))
    huge_pages.fold_memory()
    page = 2 * 1024 * 1024
    assert folded == [(page, 2 * page, 25), (4 * page, page, 25), (13 * page, page, 25)]
