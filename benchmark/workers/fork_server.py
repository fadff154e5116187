"""A clean process with one thread that holds imports and data, and forks a process for each trial."""

from __future__ import annotations

import faulthandler
import gc
import importlib
import json
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from benchmark.entries import DataShelf
from benchmark.records import codes, note_loaded
from benchmark.workers.huge_pages import fold_memory
from benchmark.workers.process_tree import adopt_orphans, end_children, end_with_parent, processor_seconds
from benchmark.workers.trial_process import Order, longest, redirect, run_forked
from benchmark.workers.words import MOST, lines_of
from benchmark.workers.worker import known_otherwise, planned_roles

_TICK_SECONDS = 1.0
_FOLD_AT = 20  # folding costs as much as it spares in about that many forks


def serve(pipe: Connection, parent: int, log: str) -> None:
    """Fork a process for each order from ``pipe`` and answer how it ended, until the pipe closes.

    Answers are dicts with ``slot``: first ``{"begun": process id}``, said before anything of an entry runs, then
    ``{"begun": bool, "word": last word or None, "code": exit code, "limit": reached limit or "", "seconds": ...,
    "processor": ...}``.
    """
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    end_with_parent(parent, signal.SIGTERM)
    adopt_orphans()
    redirect(log)
    faulthandler.enable()
    server = _Server(pipe)
    try:
        server.run()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_children()


@dataclass
class _Trial:
    order: Order
    pid: int
    words: int
    since: float
    looked: float
    said: bytes = b""
    lines: list[dict[str, Any]] = field(default_factory=list)
    closed: bool = False
    limit: str = ""

    def hear(self, said: bytes) -> None:
        """Add what the trial has said; it has no last word where something else was written to its pipe."""
        self.said = (self.said + said)[: MOST + 1]
        self.lines = lines_of(self.said)


class _Server:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._trials: dict[int, _Trial] = {}
        self._forks = 0
        self._shelves: dict[str | None, DataShelf] = {}
        self._prepared: set[tuple[Any, ...]] = set()

    def run(self) -> None:
        while True:
            words = [t.words for t in self._trials.values() if not t.closed]
            ready = wait([self._pipe, *words], timeout=self._patience())
            for trial in list(self._trials.values()):
                if trial.words in ready:
                    self._listen(trial)
                self._look_after(trial)
            if self._pipe in ready:
                try:
                    body = self._pipe.recv_bytes()
                except EOFError:
                    return
                self._start(Order.from_bytes(body))

    def _patience(self) -> float | None:
        """Return for how long nothing needs to be looked at; a trial whose pipe has closed is about to end."""
        if not self._trials:
            return None
        return _TICK_SECONDS / 20 if any(t.closed for t in self._trials.values()) else _TICK_SECONDS

    def _start(self, order: Order) -> None:
        root = order.job.data_root
        shelf = self._shelves.setdefault(root, DataShelf(Path(root) if root else None))
        self._prepare(order, shelf)
        server = os.getpid()
        self._forks += 1
        if self._forks == _FOLD_AT:
            fold_memory()
        sys.stdout.flush()
        sys.stderr.flush()  # else the trial would write what is left to its own log
        gc.freeze()  # the collector of the new process then leaves the pages that it shares alone
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._pipe.close()
            for fd in (ours, *(t.words for t in self._trials.values())):
                os.close(fd)
            run_forked(order, shelf, server, theirs)
        os.close(theirs)
        now = time.monotonic()
        self._trials[pid] = _Trial(order, pid, ours, since=now, looked=now)

    def _prepare(self, order: Order, shelf: DataShelf) -> None:
        """Prepare what the trial shares with others, once."""
        job = order.job
        options = json.dumps(job.options, sort_keys=True)
        shared = (job.target, job.data_root, job.dataset, options, job.split, job.identity.fold)
        if shared not in self._prepared and prepare(order, shelf):
            self._prepared.add(shared)

    def _listen(self, trial: _Trial) -> None:
        heard, before = os.read(trial.words, 1 << 16), len(trial.lines)
        trial.closed = not heard
        trial.hear(heard)
        if before == 0 and trial.lines:
            self._answer(trial, begun=trial.pid)

    def _look_after(self, trial: _Trial) -> None:
        """Bury a trial that has said its last word, died, or reached its limit."""
        if len(trial.lines) < 2 and not _is_dead(trial.pid):
            trial.limit = _limit_reached(trial)
            if not trial.limit:
                return
        self._bury(trial)

    def _bury(self, trial: _Trial) -> None:
        """Wait for the end of a trial's process, end what it leaves behind, and say how it ended."""
        if trial.limit:
            os.kill(trial.pid, signal.SIGKILL)
        _, status, usage = os.wait4(trial.pid, 0)
        while not trial.closed and wait([trial.words], timeout=0):  # it may have spoken since it was listened to
            self._listen(trial)
        del self._trials[trial.pid]
        os.close(trial.words)
        end_children(keep=self._trials.keys())
        lines = trial.lines
        self._answer(
            trial,
            begun=bool(lines),
            word=lines[1] if len(lines) == 2 else None,
            code=os.waitstatus_to_exitcode(status),
            limit=trial.limit,
            seconds=time.monotonic() - trial.since,
            processor=usage.ru_utime + usage.ru_stime,
        )

    def _answer(self, trial: _Trial, **word: Any) -> None:
        self._pipe.send_bytes(json.dumps({"slot": trial.order.slot, **word}).encode())


def prepare(order: Order, shelf: DataShelf) -> bool:
    """Import, load and read what the trial needs, so that it need not, and return whether all went well.

    What fails here, the trial meets again.
    """
    for module in order.modules:
        try:
            importlib.import_module(module)
        except Exception:  # noqa: BLE001  the trial meets the error again and records it
            break
    job = order.job
    try:
        cohort = shelf.cohort(job.dataset, job.options)
        cohort.fingerprint  # noqa: B018  computed once, here
        planned_roles(job, cohort)
        codes([job.target])
        known_otherwise(job.target, job.dataset, Path(job.runs, job.suite), shelf.data_root)
        note_loaded()
    except Exception:  # noqa: BLE001  the trial meets the error again and records it
        return False
    return True


def _limit_reached(trial: _Trial) -> str:
    """Return which limit a trial has reached, "" for none; looked up once a tick, however much its trials say."""
    now = time.monotonic()
    if now - trial.looked < _TICK_SECONDS:
        return ""
    trial.looked = now
    if now - trial.since > longest(trial.order.limit):
        return "clock"
    allowed = trial.order.limit * trial.order.threads
    return "processor" if processor_seconds(trial.pid) > allowed else ""


def _is_dead(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
