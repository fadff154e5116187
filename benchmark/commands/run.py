"""The run command: plan, execute what is missing, report."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import FrameType

from filelock import Timeout
from rich.console import Console

from benchmark.commands.holes import counted
from benchmark.commands.plan_page import show_plan
from benchmark.commands.progress import RunProgress
from benchmark.commands.report import commit
from benchmark.commands.shown_report import report, say_who_writes
from benchmark.commands.waiting import told_when_long
from benchmark.entries import DataShelf, UsageError, is_own
from benchmark.planning import (
    Plan,
    State,
    check_source,
    forecast,
    inspect,
    known_rules,
    longest_first,
    make_plan,
    save,
    saved_or_set_aside,
)
from benchmark.records import Store, board_lock, run_lock
from benchmark.suites import Profile, Suite, load_suite, parse_options, suite_of
from benchmark.workers import Job, dry_checks, facts_apart, run_local
from datasets.sealed import set_aside, sweep


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
    options = _absolute(options)
    suite = chosen_suite(options.suite, options.datasets, options.options)
    known_rules(options.allow)
    _shares(options.jobs)
    name, profile = suite.profile(options.profile)
    store = Store(options.out, suite.name)
    check_source(store, suite.source)
    if options.dry_run:
        plan = _plan(options, suite, name, profile, store, console)
        state = inspect(plan, store)
        show_plan(plan, state, console, always=True)
        told = forecast(plan, state).sentence(_shares(options.jobs)[0], profile.trial_seconds)
        console.print(told, markup=False, soft_wrap=True)
        return 0
    try:
        with run_lock(store):
            return _run_alone(options, suite, name, profile, store, console)
    except Timeout:
        return say_who_writes(store, console)


def _run_alone(options: RunOptions, suite: Suite, name: str, profile: Profile, store: Store, console: Console) -> int:
    """Plan, execute and report under the run's lock: what others add to the plan meanwhile would be lost."""
    check_source(store, suite.source)  # again: another run may have been first
    sweep(store.folder)
    asked = _plan(options, suite, name, profile, store, console)
    full = asked.merged(saved_or_set_aside(store, name), [task.name for task in suite.tasks_of(name)])
    plan = full.answering(asked)
    state = inspect(plan, store)
    show_plan(plan, state, console, always=False)
    if not plan.tasks:
        console.print("Nothing to run: no task is left; the lines above say why.")
        return 1
    for error in state.untrusted:
        set_aside(error.path, error.why, partial(console.print, markup=False, soft_wrap=True))
    save(full, store)
    try:
        _execute(_jobs(plan, state, options), profile, options, store, console)
    except Stopped:
        return _say_how_to_go_on(plan, store, options, console)
    with board_lock(store, name, partial(console.print, markup=False, soft_wrap=True)):
        return report(full, store, options.command, console, asked=plan, site=False)


def _absolute(options: RunOptions) -> RunOptions:
    """Return the options with paths that hold wherever an entry takes the working directory."""
    root = options.data_root
    for name in ("HEMABENCH_DATA", "HEMABENCH_CACHE"):
        if os.environ.get(name):
            os.environ[name] = str(Path(os.environ[name]).expanduser().absolute())
    return replace(options, out=options.out.absolute(), data_root=None if root is None else root.absolute())


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


def _plan(options: RunOptions, suite: Suite, name: str, profile: Profile, store: Store, console: Console) -> Plan:
    """Return what this command runs."""
    with console.status("loading data and making the plan"):
        return make_plan(
            suite,
            name,
            profile,
            DataShelf(options.data_root, told_when_long),
            store,
            device=options.device,
            entries=options.entries,
            datasets=options.datasets if options.suite else (),
            allow=options.allow,
            seeds=options.seeds,
            keep=not options.dry_run,
            facts=facts_apart,
        )


def _jobs(plan: Plan, state: State, options: RunOptions) -> list[Job]:
    made_at = commit()
    missing = [t for t in plan.trials if state.status[t.identity] in ("todo", "stale", "failed")]
    chosen = [t for t in missing if state.codes[t.target] is not None]
    if _shares(options.jobs)[0] > 1:
        chosen = longest_first(chosen, state)
    return [
        Job(
            identity=trial.identity,
            key=state.keys[trial.identity],
            study=trial.study(state.codes[trial.target] or {}),
            target=trial.target,
            dataset=_absolute_dataset(plan.tasks[trial.identity.task].dataset),
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


def _absolute_dataset(name: str) -> str:
    return str(Path(name).absolute()) if is_own(name) else name


def _execute(jobs: list[Job], profile: Profile, options: RunOptions, store: Store, console: Console) -> None:
    if not jobs:
        console.print("Every trial is done; nothing to compute.")
        return
    for sentence in dry_checks(jobs):
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)
    workers, threads = _shares(options.jobs)
    workers = min(workers, len(jobs))
    at_once = f"{workers} at once, each with {counted(threads, 'thread')}"
    console.print(f"{counted(len(jobs), 'trial')}, {at_once}.", highlight=False)
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


def _shares(jobs: int) -> tuple[int, int]:
    """Return how many trials run at once and the threads of each, whatever is left to compute.

    The threads are those of ``OMP_NUM_THREADS`` where it is set, else the cores divided by the trials at once.

    Raises:
        UsageError: If ``OMP_NUM_THREADS`` is no number of threads.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    given = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if not given:
        return jobs or cores, max(1, cores // (jobs or cores))
    if not given.isdecimal() or int(given) < 1:
        raise UsageError(f"OMP_NUM_THREADS={given}: give a whole number of threads, 1 or more, or unset it")
    return jobs or max(1, cores // int(given)), int(given)


def _stop(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say_how_to_go_on(plan: Plan, store: Store, options: RunOptions, console: Console) -> int:
    counts = inspect(plan, store).counts()
    console.print(f"\nStopped. {counts['done']} of {len(plan.trials)} trials are kept; go on with:")
    console.print(f"  {options.command}", markup=False, highlight=False, soft_wrap=True)
    return 130


def command_line(words: Sequence[str]) -> str:
    """Return the command that repeats a run."""
    return shlex.join(["python", "-m", "benchmark", *words])
