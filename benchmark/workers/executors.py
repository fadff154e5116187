"""Run jobs on this machine, each in a process of its own, several at once."""

from __future__ import annotations

import signal
import sys
from collections import Counter, deque
from collections.abc import Sequence
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Protocol

from benchmark.records import Store
from benchmark.workers.preload import preloaded
from benchmark.workers.trial_process import Order, longest
from benchmark.workers.trial_server import Server
from benchmark.workers.worker import Job, failed

FORKS = sys.platform == "linux"  # macOS has fork, but its own libraries do not survive it
_POLL_SECONDS = 1.0


class Listener(Protocol):
    """Hear about trials as they start and end."""

    def started(self, job: Job) -> None: ...

    def finished(self, job: Job, error: str, seconds: float) -> None: ...


def run_local(
    jobs: Sequence[Job],
    *,
    workers: int,
    threads: int,
    limit: float,
    logs: Path,
    listener: Listener,
    fork: bool = FORKS,
) -> int:
    """Run all jobs and return how many failed; each record is on disk before the listener hears of it.

    The same number of threads gives the same bytes; another number may change the last digits, because sums are made
    in another order. A trial that dies (killed for memory, say) or runs past its limit fails alone. One that is lost
    before anything of its entry ran is tried once more, in a server of its own.

    Args:
        jobs: What to run, in this order.
        workers: Number of trials at once.
        threads: Threads each trial computes with.
        limit: Seconds of processor time, on each thread, that one trial may take.
        logs: Folder for what trials print.
        listener: Hears of each start and end.
        fork: Fork trials from servers that hold imports and data; else start each from nothing.
    """
    logs.mkdir(parents=True, exist_ok=True)
    run = _Run(jobs, workers, threads, limit, logs.absolute(), listener, fork)
    try:
        return run.run()
    finally:
        run.stop()


class _Run:
    def __init__(
        self, jobs: Sequence[Job], workers: int, threads: int, limit: float, logs: Path, listener: Listener, fork: bool
    ) -> None:
        self._todo = deque(jobs)
        self._slots = set(range(workers))
        self._threads, self._limit, self._logs, self._listener, self._fork = threads, limit, logs, listener, fork
        self._servers: list[Server] = []
        self._lost: Counter[str] = Counter()
        self._failures = 0

    def run(self) -> int:
        while self._todo or any(server.running for server in self._servers):
            while self._todo and self._slots:
                self._give(self._todo.popleft())
            ways = [way for server in self._servers for way in (server.pipe, server.process.sentinel)]
            wait(ways, timeout=_POLL_SECONDS)
            for server in list(self._servers):
                self._hear(server)
        return self._failures

    def stop(self) -> None:
        for server in self._servers:
            server.stop()

    def _give(self, job: Job) -> None:
        family, modules = preloaded(job.target) if self._fork else ("", ())
        alone = self._lost[job.key] > 0 or not self._fork
        free = [s for s in self._servers if s.family == family and not s.alone]
        if alone or not free:
            free = [Server.start(family, self._logs, self._threads, fork=self._fork, alone=alone)]
            self._servers += free
        slot = min(self._slots)
        self._slots.remove(slot)
        log = str(self._logs / f"worker-{slot}.log")
        free[0].give(Order(slot, job, modules, log, self._threads, self._limit))

    def _hear(self, server: Server) -> None:
        alive = server.process.is_alive()  # asked first: what it said before it died is still heard
        for word in server.words():
            self._act(server, word)
        if not alive:
            self._bury(server)
        elif not server.running and not self._needed(server):
            self._servers.remove(server)
            server.stop()

    def _needed(self, server: Server) -> bool:
        return not server.alone and any(preloaded(job.target)[0] == server.family for job in self._todo)

    def _act(self, server: Server, word: dict[str, Any]) -> None:
        slot = word["slot"]
        if "code" not in word:
            server.begun[slot] = word["begun"]
            self._listener.started(server.running[slot])
            return
        job = server.running.pop(slot)
        self._slots.add(slot)
        if word["word"] is None and not word["begun"]:
            self._retry(job, f"the process of the trial {how_ended(word['code'])} before it began")
        elif word["word"] is None:
            self._finish(job, self._cause(word), word["seconds"], written=False)
        else:
            self._finish(job, word["word"]["error"], word["seconds"], written=word["word"]["written"])

    def _cause(self, word: dict[str, Any]) -> str:
        if word["limit"] == "clock":
            return f"TimeoutError: did not end in {longest(self._limit):.0f} s, though it computed little\n"
        if word["limit"]:
            spent = f"used {word['processor']:.0f} s of processor time on {self._threads} threads"
            return f"TimeoutError: {spent}, the profile's trial_seconds is {self._limit:.0f} for each\n"
        log = f" (what it printed: {self._logs}/worker-{word['slot']}.log)" if word["code"] >= 0 else ""
        return f"RuntimeError: the process of the trial {how_ended(word['code'])}{log}\n"

    def _bury(self, server: Server) -> None:
        """Take back what a server that has died was running; its trials have died with it."""
        self._servers.remove(server)
        server.stop()
        code = server.process.exitcode
        for slot, job in sorted(server.running.items()):
            self._slots.add(slot)
            self._retry(job, f"the process that starts trials ended with exit code {code} (see {server.log})")

    def _retry(self, job: Job, cause: str) -> None:
        self._lost[job.key] += 1
        if self._lost[job.key] == 1:
            self._todo.appendleft(job)
        else:
            self._finish(job, f"RuntimeError: {cause}, twice\n", 0.0, written=False)

    def _finish(self, job: Job, error: str, seconds: float, *, written: bool) -> None:
        if not written:
            Store(Path(job.runs), job.suite).write(failed(job, error, {**job.versions}))
        self._failures += bool(error)
        self._listener.finished(job, error, seconds)


def how_ended(code: int | None) -> str:
    """Say how a process ended, from its exit code; a negative one is the number of a signal."""
    if code is None or code >= 0:
        return f"ended with exit code {code} and said no last word that can be read"
    if code == -signal.SIGKILL:
        return "died (killed by signal 9: out of memory?)"
    known = {number.value: number.name for number in signal.Signals}
    return f"died (killed by signal {-code}, {known.get(-code, 'unknown')})"
