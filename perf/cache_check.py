"""Time what it costs to check a cached array before it is used: once a process, and every time after.

Run from the repository root: ``python -m perf.cache_check``. Printed: milliseconds of processor a 100 MB for the first
use in a process and for one block hash alone, and microseconds for a later use. The file is in the page cache.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from datasets.cache import cached_arrays

_USE = """
import json, sys, time
from pathlib import Path
from datasets.cache import cached_arrays
def use():
    start = time.process_time()
    cached_arrays("x", dict, Path(sys.argv[1]))
    return time.process_time() - start
first = use()
print(json.dumps([first, min(use() for _ in range(20))]))
"""


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=400)
    megabytes = parser.parse_args().mb
    array = np.random.default_rng(0).integers(0, 256, megabytes * 10**6, dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        cached_arrays("x", lambda: {"pixels": array}, Path(folder))
        command = [sys.executable, "-c", _USE, folder]
        runs = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(3)]
    told = {
        "first use, ms of processor a 100 MB": 1e5 * min(first for first, _ in runs) / megabytes,
        "later use, microseconds": 1e6 * min(later for _, later in runs),
        **{f"{name}, ms a 100 MB": 1e5 * _seconds(hashed, array) / megabytes for name, hashed in HASHES.items()},
    }
    print(json.dumps({name: round(value, 1) for name, value in told.items()}))


HASHES: dict[str, Callable[[memoryview], object]] = {
    "sha256": lambda block: hashlib.sha256(block).digest(),
    "blake2b": lambda block: hashlib.blake2b(block).digest(),
    "crc32": zlib.crc32,
}


def _seconds(hashed: Callable[[memoryview], object], array: np.ndarray) -> float:
    view, step = memoryview(array), 4 * 2**20  # type: ignore[arg-type]
    start = time.process_time()
    for i in range(0, len(view), step):
        hashed(view[i : i + step])
    return time.process_time() - start


if __name__ == "__main__":
    main()
