"""One process a trial where processes cannot be forked (Windows, macOS): the same contract, started from nothing.

Each trial imports its libraries and loads its data itself, so it costs seconds. Its own processor time is limited,
that of processes which it starts is not, and these are not ended with it.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import threading
import time
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from benchmark.entries import DataShelf
from benchmark.workers.trial_process import Order, longest, redirect, run_order, set_threads
from benchmark.workers.words import encoded

_TICK_SECONDS = 1.0


def run_spawned(pipe: Connection, parent: int, log: str) -> None:
    """Run one order from ``pipe``, with the answers of ``fork_server.serve``, and end the process."""
    redirect(log)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run, which hears it too, ends its trials
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        order = Order.from_bytes(pipe.recv_bytes())
    except EOFError:
        return
    redirect(order.log)
    set_threads(order.threads)
    trial = _Trial(order, pipe)
    trial.answer(begun=os.getpid())
    threading.Thread(target=trial.watch, daemon=True).start()
    root = order.job.data_root
    trial.end(word=run_order(order, DataShelf(Path(root) if root else None)))


class _Trial:
    def __init__(self, order: Order, pipe: Connection) -> None:
        self._order, self._pipe = order, pipe
        self._since, self._spent = time.monotonic(), time.process_time()
        self._speaking = threading.Lock()

    def answer(self, **word: Any) -> None:
        self._pipe.send_bytes(encoded({"slot": self._order.slot, **word}).encode())

    def end(self, word: dict[str, Any] | None = None, limit: str = "") -> None:
        """Say how the trial ended and end the process, once."""
        self._speaking.acquire()
        seconds, processor = time.monotonic() - self._since, time.process_time() - self._spent
        self.answer(begun=True, word=word, code=0, limit=limit, seconds=seconds, processor=processor)
        os._exit(0)

    def watch(self) -> None:
        """End the trial when it reaches its limit."""
        order = self._order
        while True:
            time.sleep(_TICK_SECONDS)
            if time.process_time() - self._spent > order.limit * order.threads:
                self.end(limit="processor")
            if time.monotonic() - self._since > longest(order.limit):
                self.end(limit="clock")


def _end_with_parent() -> None:
    parent = mp.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
