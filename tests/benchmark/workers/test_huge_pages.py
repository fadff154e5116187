"""Folding memory changes nothing that a process can read."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
