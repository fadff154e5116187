"""Say how a run gets on: a live table in a terminal, one line a trial elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from benchmark.commands.console import progress_bar
from benchmark.records import Identity, refusal
from benchmark.trials import failure_line
from benchmark.workers import Job


def cell(identity: Identity) -> str:
    """Return a trial's name for people."""
    return f"{identity.task} / {identity.entry} / seed {identity.seed} fold {identity.fold}"


def clock(seconds: float) -> str:
    """Return seconds as m:ss or h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class RunProgress:
    """Listen to an executor and show what it does; also the time left, from the mean of each entry's trials."""

    def __init__(self, console: Console, jobs: list[Job], workers: int) -> None:
        self._console = console
        self._waiting = [job.identity.entry for job in jobs]
        self._total = len(jobs)
        self._workers = max(1, workers)
        self._spent: dict[str, list[float]] = {}
        self._done = 0
        self._began = time.monotonic()
        left = TextColumn("{task.fields[left]}", markup=False)
        self._live = progress_bar(console, (SpinnerColumn(),), (MofNCompleteColumn(), TimeElapsedColumn(), left))
        self._bar = self._live.add_task("trials", total=self._total, left="")
        self._rows: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def started(self, job: Job) -> None:
        if self._console.is_terminal:
            self._rows[job.key] = self._live.add_task(f"  {cell(job.identity)}", total=None, left="")

    def finished(self, job: Job, error: str, seconds: float) -> None:
        self._done += 1
        self._waiting.remove(job.identity.entry)
        self._spent.setdefault(job.identity.entry, []).append(seconds)
        if job.key in self._rows:
            self._live.remove_task(self._rows.pop(job.key))
        left = self._left()
        self._live.update(self._bar, completed=self._done, left=left)
        why = refusal(error)
        failed = f"failed: {failure_line(error)}" if error else "done"
        outcome = f"not applicable: {why}" if why else failed
        if error or not self._console.is_terminal:
            line = f"[{self._done}/{self._total}] {cell(job.identity)}: {outcome} in {seconds:.1f} s; {left}"
            self._console.print(line, soft_wrap=True)

    def _left(self) -> str:
        known = [s for times in self._spent.values() for s in times]
        typical = sum(known) / len(known)
        means = {entry: sum(times) / len(times) for entry, times in self._spent.items()}
        seconds = sum(means.get(entry, typical) for entry in self._waiting) / self._workers
        return f"about {clock(seconds)} left" if self._waiting else f"took {clock(time.monotonic() - self._began)}"
