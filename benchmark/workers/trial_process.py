"""The process of one trial, from its first breath to its last word."""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from benchmark.entries import DataShelf
from benchmark.trials import failure_text
from benchmark.workers.clean_start import THREAD_VARIABLES
from benchmark.workers.process_tree import adopt_orphans, end_children, end_with_parent
from benchmark.workers.words import encoded
from benchmark.workers.worker import Job, execute


@dataclass(frozen=True)
class Order:
    """A job and how to run it.

    Attributes:
        slot: Which of the trials that run at once this is; its answer carries the number.
        job: What to run.
        modules: What to import before.
        log: File for what it prints, absolute.
        threads: Threads it may compute with.
        limit: Seconds of processor time on each thread.
    """

    slot: int
    job: Job
    modules: tuple[str, ...]
    log: str
    threads: int
    limit: float

    def to_bytes(self) -> bytes:
        return json.dumps({**vars(self), "job": self.job.plain()}).encode()

    @classmethod
    def from_bytes(cls, body: bytes) -> Order:
        raw = json.loads(body)
        return cls(**{**raw, "job": Job.of(raw["job"]), "modules": tuple(raw["modules"])})


def run_forked(order: Order, shelf: DataShelf, server: int, words: int) -> NoReturn:
    """Run a job in this process, which was forked for it, and end the process and all that it started.

    Args:
        order: What to run.
        shelf: Data that the server has loaded.
        server: Process that forked this one; this one ends with it.
        words: Pipe for two lines of JSON: one before anything of the entry runs, one when its record is written.
    """
    code = 1
    try:
        _settle(order, server)
        _say(words, {"begun": os.getpid()})
        last = run_order(order, shelf)
        end_children()
        _say(words, last)
        code = 0
    except BaseException as error:  # noqa: BLE001  nobody is left to hear it but the log
        os.write(2, failure_text(error).encode())
    finally:
        os._exit(code)


def run_order(order: Order, shelf: DataShelf) -> dict[str, Any]:
    """Run a job and return its last word: the error, "" for none, and whether the record is on disk."""
    mp.set_start_method(None, force=True)  # else what a spawned process starts would be spawned too, slowly
    try:
        return {"error": execute(order.job, shelf).error, "written": True}
    except BaseException as error:  # noqa: BLE001  said to the run, which tries to write the record itself
        return {"error": failure_text(error), "written": False}


def _settle(order: Order, server: int) -> None:
    """Leave the server's ways: a session of its own, the usual signals, its log, its threads."""
    os.setsid()
    end_with_parent(server, signal.SIGKILL)
    adopt_orphans()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    point(order.log)
    set_threads(order.threads)


def longest(limit: float) -> float:
    """Return after how many seconds of the clock even a trial that does nothing is ended."""
    return max(600.0, 20 * limit)


def redirect(log: str) -> None:
    """Send what this process and its libraries print to a file; there is nothing to read."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    point(log)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  open for life
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = open(number, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)


def point(log: str) -> None:
    """Let the streams of a process that ``redirect`` has given its own, or of one forked from it, end in a file."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for number in (1, 2):
        os.dup2(file, number)
    os.close(file)


def set_threads(threads: int) -> None:
    """Let libraries that are loaded, and those that will be, compute with ``threads``; one is what they start with."""
    if threads == 1:
        return
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    from threadpoolctl import threadpool_limits

    threadpool_limits(threads)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def _say(words: int, word: Mapping[str, Any]) -> None:
    body = encoded(word).encode() + b"\n"
    while body:
        body = body[os.write(words, body) :]
