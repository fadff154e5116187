"""Ask a function in a clean process of its own: what a user's file does there reaches this process as JSON only."""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from benchmark.workers.clean_start import clean_start
from benchmark.workers.process_tree import adopt_orphans, end_children, end_descendants, end_session, end_with_parent

_START_SECONDS = 120.0
_READY = b"ready"


class NoAnswer(Exception):
    """Say how a process ended that gave no answer."""


def ask(function: Callable[[Any], Any], question: Any, limit: float) -> Any:
    """Return ``function(question)``, called in a new process that has imported the function's module and no more.

    Args:
        function: Of a module of the project; takes and returns what JSON can hold.
        question: Its argument.
        limit: Seconds that it may take, its imports included but not the start of the process.

    Raises:
        NoAnswer: If the process ends, or is ended at the limit, without an answer.
    """
    spawn = mp.get_context("spawn")
    reader, writer = spawn.Pipe(duplex=False)
    child = spawn.Process(target=_answer, args=(writer, os.getpid(), function, question))
    with clean_start(threads=1):
        child.start()
    writer.close()
    answer = None
    try:
        with suppress(EOFError):  # it died: how is known when it was waited for
            answer = _heard(reader, limit)
    finally:
        _end(child)
        reader.close()
    if answer is None:
        raise NoAnswer(f"its process died with exit code {child.exitcode}")
    return json.loads(answer)


def _heard(reader: Connection, limit: float) -> bytes:
    if not reader.poll(_START_SECONDS) or reader.recv_bytes() != _READY:
        raise NoAnswer(f"was not ready within {_START_SECONDS:g} seconds")
    if not reader.poll(limit):
        raise NoAnswer(f"not done within {limit:g} seconds; nothing else is known")
    return reader.recv_bytes()


def _end(child: SpawnProcess) -> None:
    """End the process and all that it started; of one that is dead already, what it left in its session."""
    if child.pid is not None and sys.platform == "linux":
        end_descendants(child.pid)
        end_session(child.pid)
    child.kill()
    child.join()


def _answer(writer: Connection, parent: int, function: Callable[[Any], Any], question: Any) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    if sys.platform == "linux":
        os.setsid()
        end_with_parent(parent, signal.SIGKILL)
        adopt_orphans()
    process = os.getpid()
    writer.send_bytes(_READY)
    answer = json.dumps(function(question)).encode()
    if os.getpid() == process:  # else a copy that the file forked comes back here too
        if sys.platform == "linux":
            end_children()  # before the answer, after which this process may be ended at any moment
        writer.send_bytes(answer)
    os._exit(0)
