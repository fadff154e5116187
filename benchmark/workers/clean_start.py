"""How a new process starts: with nothing of what this one has become."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from benchmark.entries import ROOT

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_PATH = tuple(sys.path)


@contextmanager
def clean_start(threads: int) -> Iterator[None]:
    """Set what a new process reads before its first import: where from, its threads, one order of sets for all runs."""
    wanted = {**dict.fromkeys(THREAD_VARIABLES, str(threads)), "JE_ARROW_MALLOC_CONF": "background_thread:false"}
    wanted["PYTHONHASHSEED"] = os.environ.get("PYTHONHASHSEED", "0")
    before, path, main = {name: os.environ.get(name) for name in wanted}, sys.path[:], sys.modules["__main__"]
    os.environ.update(wanted)
    sys.path[:] = [str(ROOT), *_PATH]
    sys.modules["__main__"] = ModuleType("__main__")  # else the new process runs the file of the command too
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        sys.path[:] = path
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
