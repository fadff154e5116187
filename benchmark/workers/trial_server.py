"""A server of trials as the run sees it: a process, a pipe, and what it is running."""

from __future__ import annotations

import multiprocessing as mp
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Self

from benchmark.workers.clean_start import clean_start
from benchmark.workers.fork_server import serve
from benchmark.workers.process_tree import end_session
from benchmark.workers.spawned_trial import run_spawned
from benchmark.workers.trial_process import Order
from benchmark.workers.words import answer_of
from benchmark.workers.worker import Job

_FAREWELL_SECONDS = 20.0


@dataclass(eq=False)
class Server:
    """Start trials of one family of entries.

    Attributes:
        family: Whose imports it holds.
        alone: Whether it is for one trial only.
        running: Slot -> job that it was given and whose end it has not told.
        begun: Slot -> process of the trial, once that has begun.
    """

    family: str
    alone: bool
    log: Path
    process: SpawnProcess
    pipe: Connection
    running: dict[int, Job] = field(default_factory=dict)
    begun: dict[int, int] = field(default_factory=dict)

    @classmethod
    def start(cls, family: str, logs: Path, threads: int, *, fork: bool, alone: bool) -> Self:
        """Start a process: one that forks trials and has a single thread itself, or one that is a trial."""
        log = logs / f"server-{family or 'none'}.log"
        spawn = mp.get_context("spawn")
        here, there = spawn.Pipe()
        process = spawn.Process(target=serve if fork else run_spawned, args=(there, os.getpid(), str(log)))
        with clean_start(1 if fork else threads):
            process.start()
        there.close()
        return cls(family, alone, log, process, here)

    def give(self, order: Order) -> None:
        """Hand over a job; that a server has died is found out when it is listened to."""
        self.running[order.slot] = order.job
        try:
            self.pipe.send_bytes(order.to_bytes())
        except OSError:
            self.process.join(_FAREWELL_SECONDS)

    def words(self) -> Iterator[dict[str, Any]]:
        """Yield what it has said since it was last asked; what is not of the form of an answer is no word."""
        try:
            while self.pipe.poll():
                word = answer_of(self.pipe.recv_bytes())
                if word is not None and word["slot"] in self.running:
                    yield word
        except (EOFError, OSError):
            self.process.join(_FAREWELL_SECONDS)

    def stop(self) -> None:
        """End the process, its trials, and all that these have started."""
        self.pipe.close()
        self.process.terminate()
        self.process.join(_FAREWELL_SECONDS)
        self.process.kill()
        self.process.join()
        for slot in self.running.keys() & self.begun.keys():
            end_session(self.begun[slot])
