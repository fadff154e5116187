"""Run jobs in local worker processes that split the cores between them."""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

from benchmark.planning import DataShelf
from benchmark.records import Store
from benchmark.workers.worker import Job, execute, failed

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_POLL_SECONDS = 1.0


class Listener(Protocol):
    """Hear about trials as they start and end."""

    def started(self, job: Job) -> None: ...

    def finished(self, job: Job, error: str, seconds: float) -> None: ...


@dataclass
class _Slot:
    process: BaseProcess
    pipe: Connection
    job: Job | None = None
    since: float = 0.0
    greeted: bool = False


def run_local(jobs: Sequence[Job], *, workers: int, threads: int, limit: float, logs: Path, listener: Listener) -> int:
    """Run all jobs and return how many failed; each record is on disk before the listener hears of it.

    Workers open the same memory-mapped caches. The same number of threads gives the same bytes;
    another number may change the last digits, because sums are made in another order. A worker
    that dies (killed for memory, say) or runs past the limit fails its trial only; a new one
    takes its place.

    Args:
        jobs: What to run, in this order.
        workers: Number of processes.
        threads: Threads each process computes with.
        limit: Seconds one trial may take.
        logs: Folder for what workers print.
        listener: Hears of each start and end.
    """
    todo = list(reversed(jobs))
    failures = 0
    slots: list[_Slot] = []
    with _thread_limit(threads):
        try:
            slots = [_start(logs, i) for i in range(min(workers, len(jobs)))]
            while todo or any(slot.job for slot in slots):
                for i in _talking(slots, limit):
                    failures += _collect(slots[i], limit, listener) if slots[i].job else _greet(slots[i], logs)
                    if slots[i].process.is_alive():
                        _give(slots[i], todo, listener)
                    else:
                        _stop(slots[i])
                        slots[i] = _start(logs, i)
        finally:
            for slot in slots:
                _stop(slot)
    return failures


def _talking(slots: Sequence[_Slot], limit: float) -> list[int]:
    """Return the workers that have something to say, died, or overran."""
    busy = [(i, s) for i, s in enumerate(slots) if s.job or not s.greeted]
    wait([s.pipe for _, s in busy] + [s.process.sentinel for _, s in busy], timeout=_POLL_SECONDS)
    return [
        i
        for i, s in busy
        if s.pipe.poll() or not s.process.is_alive() or (s.job and time.monotonic() - s.since > limit)
    ]


def _greet(slot: _Slot, logs: Path) -> int:
    """Hear a new worker's first word, so that its imports are not counted as a trial's time."""
    if _answer(slot) is None:
        raise RuntimeError(f"a worker process ended with code {slot.process.exitcode} before any trial; see {logs}")
    slot.greeted = True
    return 0


def _give(slot: _Slot, todo: list[Job], listener: Listener) -> None:
    slot.job = todo.pop() if todo else None
    if slot.job is not None:
        slot.since = time.monotonic()
        slot.pipe.send_bytes(slot.job.to_bytes())
        listener.started(slot.job)


def _collect(slot: _Slot, limit: float, listener: Listener) -> int:
    job = slot.job
    if job is None:
        raise RuntimeError("a worker without a job reported")
    seconds = time.monotonic() - slot.since
    error = _answer(slot)
    if error is None:
        error = _lost(slot, seconds, limit)
        Store(Path(job.runs), job.suite).write(failed(job, error, {**job.versions}))
    slot.job = None
    listener.finished(job, error, seconds)
    return int(bool(error))


def _answer(slot: _Slot) -> str | None:
    """Return the error a worker reported ("" for none), or None when it died or overran without a word."""
    try:
        return str(json.loads(slot.pipe.recv_bytes())["error"]) if slot.pipe.poll() else None
    except EOFError:
        return None


def _lost(slot: _Slot, seconds: float, limit: float) -> str:
    if seconds > limit:
        slot.process.kill()
        slot.process.join()
        return f"TimeoutError: ran {seconds:.0f} s, the profile's trial_seconds is {limit:.0f}\n"
    slot.process.join()
    return f"RuntimeError: the worker process died with exit code {slot.process.exitcode} (out of memory?)\n"


def _start(logs: Path, number: int) -> _Slot:
    logs.mkdir(parents=True, exist_ok=True)
    here, there = mp.get_context("spawn").Pipe()
    process = mp.get_context("spawn").Process(
        target=work, args=(there, str(logs / f"worker-{number}.log")), daemon=True
    )
    process.start()
    there.close()
    return _Slot(process, here)


def _stop(slot: _Slot) -> None:
    slot.pipe.close()
    slot.process.kill()
    slot.process.join()


@contextmanager
def _thread_limit(threads: int) -> Iterator[None]:
    before: Mapping[str, str | None] = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def work(pipe: Connection, log: str) -> None:
    """Answer jobs until the pipe closes; what libraries print goes to the log.

    Libraries read the number of threads from the environment when they are first imported.
    """
    threading.Thread(target=_die_with_parent, daemon=True).start()
    sys.stdout = sys.stderr = Path(log).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115  open for life
    shelves: dict[str | None, DataShelf] = {}
    pipe.send_bytes(b'{"error": ""}')
    while True:
        try:
            job = Job.from_bytes(pipe.recv_bytes())
        except EOFError:
            return
        root = job.data_root
        shelf = shelves.setdefault(root, DataShelf(Path(root) if root else None))
        record = execute(job, shelf)
        pipe.send_bytes(json.dumps({"error": record.error}).encode())


def _die_with_parent() -> None:
    parent = mp.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
