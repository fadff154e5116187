"""The run command: plan, execute what is missing, report."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout
from rich.console import Console
from rich.table import Table

from benchmark.commands.progress import RunProgress
from benchmark.commands.report import commit, make_board
from benchmark.entries import UsageError
from benchmark.planning import DataShelf, Plan, State, inspect, known_rules, make_plan, plan_file
from benchmark.records import Store
from benchmark.suites import Profile, Suite, load_suite, parse_options, suite_of
from benchmark.workers import Job

_SYMBOLS = {"done": "done", "stale": "stale", "failed": "failed, to redo", "todo": "to do"}


@dataclass(frozen=True)
class RunOptions:
    """What the command line asked for."""

    suite: str | None = None
    profile: str | None = None
    entries: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    jobs: int = 0
    device: str = "auto"
    out: Path = Path("runs")
    data_root: Path | None = None
    dry_run: bool = False
    command: str = field(default="")


class Stopped(Exception):
    """Say that the user stopped the run."""


def run(options: RunOptions, console: Console) -> int:
    """Run a suite and return the exit code: 0, 1 with holes, 130 when stopped."""
    suite = chosen_suite(options.suite, options.datasets, options.options)
    known_rules(options.allow)
    name, profile = suite.profile(options.profile)
    store = Store(options.out, suite.name)
    plan, full = _plans(options, suite, name, profile, store, console)
    state = inspect(plan, store)
    _show_plan(plan, state, console, always=options.dry_run)
    if options.dry_run:
        return 0
    if not plan.tasks:
        console.print("Nothing to run: no task has usable data on this machine.")
        return 1
    store.folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(store.folder / ".lock", timeout=0):
            plan_file.save(full, store)
            _execute(_jobs(plan, state, options), profile, options, store, console)
    except Timeout:
        console.print(f"Another run is writing to {store.folder}; wait for it, or use another --out.")
        return 2
    except Stopped:
        return _say_how_to_go_on(plan, store, options, console)
    return report(full, store, options.command, console, asked=plan, site=False)


def chosen_suite(suite: str | None, datasets: Sequence[str], options: Sequence[str]) -> Suite:
    """Return the suite that was named, or one made of the datasets that were.

    Raises:
        UsageError: If neither is named, or dataset options are given to a suite, whose tasks have their own.
    """
    if suite is None:
        return suite_of(datasets, parse_options(options))
    if options:
        raise UsageError(f"--option goes with --dataset alone: the tasks of suite {suite} name their own options")
    return load_suite(suite)


def report(
    plan: Plan, store: Store, command: str, console: Console, asked: Plan | None = None, *, site: bool = True
) -> int:
    """Show and write the leaderboard of a plan; return 1 when what was asked for has holes or broken data.

    Args:
        plan: What the leaderboard shows.
        store: Its records.
        command: Said in the files.
        console: Where it is shown.
        asked: What this command asked for, where that is less than the plan.
        site: Write the static site too, which takes longest.
    """
    from leaderboard.boards import board as boards
    from leaderboard.formats import terminal

    state = inspect(plan, store)
    board = make_board(plan, state, store, command)
    terminal.show(board, console)
    for problem in state.problems:
        console.print(f"Quarantined: {problem}", markup=False, soft_wrap=True)
    files = boards.write(board, store.folder / f"leaderboard.{plan.profile}", site=site)
    _say_absent(plan, console)
    for kind, path in files.items():
        console.print(f"{kind}: {path}", markup=False, soft_wrap=True)
    wanted = plan if asked is None else asked
    holes = [t for t in wanted.trials if state.status[t.identity] in ("failed", "todo")]
    if holes:
        console.print(
            f"{len(holes)} of {len(wanted.trials)} trials are holes; run the same command again to fill them."
        )
    return 1 if holes or wanted.broken else 0


def _plans(
    options: RunOptions, suite: Suite, name: str, profile: Profile, store: Store, console: Console
) -> tuple[Plan, Plan]:
    """Return what this command runs, and that plus what earlier commands ran: the leaderboard's rows."""
    with console.status("loading data and making the plan"):
        plan = make_plan(
            suite,
            name,
            profile,
            DataShelf(options.data_root),
            store,
            device=options.device,
            entries=options.entries,
            datasets=options.datasets if options.suite else (),
            allow=options.allow,
            seeds=options.seeds,
        )
        earlier = plan_file.saved(store, name)
        return plan, plan.merged(earlier, [task.name for task in suite.tasks_of(name)])


def _jobs(plan: Plan, state: State, options: RunOptions) -> list[Job]:
    made_at = commit()
    missing = [t for t in plan.trials if state.status[t.identity] in ("todo", "stale", "failed")]
    chosen = [t for t in missing if state.codes[t.target] is not None]
    return [
        Job(
            identity=trial.identity,
            key=state.keys[trial.identity],
            target=trial.target,
            dataset=plan.tasks[trial.identity.task].dataset,
            options=plan.tasks[trial.identity.task].options,
            data_root=str(options.data_root) if options.data_root else None,
            fingerprint=trial.parts["dataset"],
            split=trial.parts["split"],
            params=trial.parts["params"],
            tune=trial.parts["tune"],
            device=trial.parts["device"],
            runs=str(options.out),
            suite=plan.suite,
            versions={
                "commit": made_at,
                "code": state.codes[trial.target],
                "dataset": trial.parts["dataset"],
                "split": trial.parts["split"],
                "allowed": list(plan.tasks[trial.identity.task].allowed),
            },
        )
        for trial in chosen
    ]


def _execute(jobs: list[Job], profile: Profile, options: RunOptions, store: Store, console: Console) -> None:
    from benchmark.trials import dry_checks
    from benchmark.workers import run_local

    if not jobs:
        console.print("Every trial is done; nothing to compute.")
        return
    for sentence in dry_checks(jobs):
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = min(options.jobs or cores, len(jobs))
    threads = max(1, cores // workers)
    console.print(f"{len(jobs)} trials, {workers} worker processes with {threads} threads each.", highlight=False)
    previous = signal.signal(signal.SIGTERM, _stop)
    try:
        with RunProgress(console, jobs, workers) as progress:
            run_local(
                jobs,
                workers=workers,
                threads=threads,
                limit=profile.trial_seconds,
                logs=store.folder / "logs",
                listener=progress,
            )
    except KeyboardInterrupt as stop:
        raise Stopped from stop
    finally:
        signal.signal(signal.SIGTERM, previous)


def _stop(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say_how_to_go_on(plan: Plan, store: Store, options: RunOptions, console: Console) -> int:
    counts = inspect(plan, store).counts()
    console.print(f"\nStopped. {counts['done']} of {len(plan.trials)} trials are kept; go on with:")
    console.print(f"  {options.command}", markup=False, highlight=False, soft_wrap=True)
    return 130


def _show_plan(plan: Plan, state: State, console: Console, *, always: bool) -> None:
    if not always:
        counts = state.counts()
        parts = [f"{counts[s]} {label}" for s, label in _SYMBOLS.items() if counts[s]]
        skipped = f", {counts['not-applicable']} not applicable" if counts["not-applicable"] else ""
        console.print(f"{plan.title}, profile {plan.profile}: {', '.join(parts) or 'no trials'}{skipped}.")
    else:
        console.print(_plan_table(plan, state))
    for problem in state.problems:
        console.print(f"Quarantined: {problem}", markup=False, soft_wrap=True)
    if always or not plan.tasks:
        _say_absent(plan, console)


def _plan_table(plan: Plan, state: State) -> Table:
    table = Table(title=f"{plan.title}: plan of profile {plan.profile}")
    for column in ("task", "entry", "trials", "done", "stale", "failed", "to do", "not applicable because it"):
        table.add_column(column, overflow="fold")
    for task, entry in dict.fromkeys((t.identity.task, t.identity.entry) for t in plan.trials):
        trials = [t for t in plan.trials if (t.identity.task, t.identity.entry) == (task, entry)]
        counts = state.counts(t.identity for t in trials)
        numbers = [len(trials), *(counts[s] for s in ("done", "stale", "failed", "todo"))]
        table.add_row(task, entry, *map(str, numbers), trials[0].reason)
    return table


def _say_absent(plan: Plan, console: Console) -> None:
    for sentence in (*plan.absent, *plan.broken):
        console.print(f"Not run: {sentence}", markup=False, highlight=False, soft_wrap=True)


def command_line(words: Sequence[str]) -> str:
    """Return the command that repeats a run."""
    return shlex.join(["python", "-m", "benchmark", *words])
