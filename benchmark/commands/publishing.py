"""The commands around published boards: publish, verify, compare, submit."""

from __future__ import annotations

import shlex
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmark.commands.report import make_board
from benchmark.commands.run import command_line
from benchmark.entries import ROOT, UsageError
from benchmark.planning import Plan, State, check_source, inspect, saved
from benchmark.records import Store, board_lock, digest
from benchmark.suites import load_suite

PUBLISHED = ROOT / "leaderboard" / "published"


def publish(suite: str, profile: str | None, out: Path, to: Path | None, with_flags: bool, console: Console) -> int:
    """Write a suite's board for others; 1 when quality control refuses it."""
    from leaderboard.exchange import QualityError
    from leaderboard.exchange import publish as write

    plan, state, store, command = _planned(suite, profile, out)
    folder = to or PUBLISHED / plan.suite
    try:
        with board_lock(store, plan.profile, console.print):
            board = make_board(plan, state, store, command)
        write(board, folder, _facts(plan, state), with_flags=with_flags)
    except QualityError as error:
        console.print(f"Not published: {error}", soft_wrap=True)
        return 1
    console.print(f"Published in {folder}", soft_wrap=True)
    return 0


def verify(folder: Path, board: Path | None, console: Console) -> int:
    """Recompute a published board, or judge a submission to one; 1 with one line for each thing that differs."""
    from leaderboard.exchange import ArchiveError, judge_submission, read_manifest
    from leaderboard.exchange import verify as recompute

    try:
        told = read_manifest(folder)
        is_submission = told.entry is not None
        if is_submission and board is None and told.suite is None:
            raise UsageError(f"{folder} does not say which suite it is for; name the board: --board FOLDER")
        wrong = judge_submission(folder, board or PUBLISHED / str(told.suite)) if is_submission else recompute(folder)
    except ArchiveError as error:
        raise UsageError(str(error)) from error
    for line in wrong:
        console.print(line, soft_wrap=True)
    verdict = ("accepted", "refused") if is_submission else ("every number holds", "differs")
    console.print(f"{folder}: {verdict[1] if wrong else verdict[0]}", soft_wrap=True)
    return 1 if wrong else 0


def rebuild(folder: Path, to: Path, console: Console) -> int:
    """Show a published board and write every table, the page and the site of it, from its predictions alone.

    Raises:
        UsageError: If a file differs from the manifest, cannot be read, or cannot be scored.
    """
    from leaderboard.boards import build, write
    from leaderboard.exchange import archive
    from leaderboard.formats import terminal
    from leaderboard.records import ResultError

    try:
        changed = archive.changed_files(folder)
        facts, tasks = archive.unpack(folder)
    except archive.ArchiveError as error:
        raise UsageError(str(error)) from error
    if changed:
        raise UsageError(f"{folder}: {'; '.join(changed)}. See: {command_line(['verify', str(folder)])}")
    try:
        board = build(tasks, **facts)
    except ResultError as error:
        raise UsageError(f"{folder}: {error}") from error
    terminal.show(board, console)
    for kind, path in write(board, to).items():
        console.print(f"{kind}: {path}", soft_wrap=True)
    return 0


def compare(old: Path, new: Path, console: Console) -> int:
    """Show what moved between two published boards, and whether it is more than noise."""
    from leaderboard.exchange import ArchiveError, changed_files
    from leaderboard.exchange import compare as moved
    from leaderboard.records import ResultError

    try:
        for folder in (old, new):
            if changed := changed_files(folder):
                said = f"{folder}: {changed[0]}, so it is not what was published; get it again, or look at all: "
                raise UsageError(f"{said}python -m benchmark verify {shlex.quote(str(folder))}")
        rows = moved(old, new)
    except (ArchiveError, ResultError) as error:
        raise UsageError(str(error)) from error
    table = Table(title=f"{old} -> {new}")
    for column in ("task", "entry", "metric", "old", "new", "difference", "95 % interval", "more than noise"):
        table.add_column(column)
    for task, entry, metric, was, now, gap, low, high, beyond in rows.itertuples(index=False, name=None):
        span = "–" if low != low else f"[{low:+.3f}, {high:+.3f}]"
        noise = "not on the same specimens" if low != low else "yes" if beyond else "no"
        cells = (task, entry, metric, f"{was:.3f}", f"{now:.3f}", f"{gap:+.3f}", span, noise)
        table.add_row(*(Text(str(cell)) for cell in cells))
    console.print(table)
    return 0


def submit(suite: str, profile: str | None, entry: str, out: Path, to: Path, console: Console) -> int:
    """Pack one entry's results for a board that somebody else keeps."""
    from leaderboard.exchange import NoResults, submission

    plan, state, store, command = _planned(suite, profile, out)
    with board_lock(store, plan.profile, console.print):
        board = make_board(plan, state, store, command)
    try:
        submission(board, entry, to, _facts(plan, state))
    except NoResults as error:
        raise UsageError(str(error)) from error
    console.print(f"{to} holds the results of {entry}. Check: {command_line(['verify', str(to)])}", soft_wrap=True)
    return 0


def _planned(suite: str, profile: str | None, out: Path) -> tuple[Plan, State, Store, str]:
    wanted = load_suite(suite)
    name, _ = wanted.profile(profile)
    store = Store(out, wanted.name)
    check_source(store, wanted.source)
    plan = saved(store, name)
    command = command_line(["run", "--suite", suite, "--profile", name])
    if plan is None:
        raise UsageError(f"nothing was run yet in {store.folder} for profile {name}; first: {command}")
    return plan, inspect(plan, store), store, command


def _facts(plan: Plan, state: State) -> dict[str, Any]:
    """Return what the manifest says of data, splits, code and libraries."""
    entries = {trial.identity.entry: trial.target for trial in plan.trials}
    return {
        "suite": plan.suite,
        "profile": plan.profile,
        "data": {name: task.fingerprint for name, task in plan.tasks.items()},
        "splits": {name: task.split for name, task in plan.tasks.items()},
        "code": {entry: digest({"code": state.codes.get(target)}) for entry, target in sorted(entries.items())},
        "libraries": {d.metadata["Name"]: d.version for d in sorted(distributions(), key=lambda d: d.metadata["Name"])},
    }
