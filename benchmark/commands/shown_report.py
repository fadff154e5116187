"""Show and write the leaderboard of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from filelock import Timeout
from rich.console import Console

from benchmark.commands.holes import hole_lines, holes
from benchmark.commands.plan_page import say_absent, say_problems
from benchmark.commands.report import make_board
from benchmark.entries import UsageError
from benchmark.planning import Plan, drop, inspect, saved
from benchmark.records import Store, board_lock, run_lock
from leaderboard.boards import board as boards
from leaderboard.formats import terminal


def report(
    plan: Plan, store: Store, command: str, console: Console, asked: Plan | None = None, *, site: bool = True
) -> int:
    """Show and write the leaderboard of a plan; return 1 when what was asked for has holes or broken data.

    The caller holds the lock of the board.

    Args:
        plan: What the leaderboard shows.
        store: Its records.
        command: Said in the files.
        console: Where it is shown.
        asked: What this command asked for, where that is less than the plan.
        site: Write the static site too, which takes longest.
    """
    state = inspect(plan, store)
    board = make_board(plan, state, store, command)
    terminal.show(board, console)
    say_problems(state, console)
    files = boards.write(board, store.folder / f"leaderboard.{plan.profile}", site=site)
    say_absent(plan, console)
    for kind, path in files.items():
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        console.print(f"{kind}: {shown}", markup=False, soft_wrap=True)
    for line in hole_lines(plan, asked, state, store):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    wanted = plan if asked is None else asked
    return 1 if holes(wanted, state) or wanted.broken else 0


def report_saved(store: Store, profile: str, command: str, console: Console, dropped: Sequence[str] = ()) -> int:
    """Show and write the leaderboard of the plan that was kept, with the site.

    Args:
        store: Its records.
        profile: Its profile.
        command: Said in the files.
        console: Where it is shown.
        dropped: Entries that are left out of the plan first.

    Raises:
        UsageError: If there is none; names the command that makes it. Also if an entry cannot be left out.
    """
    if saved(store, profile) is None:
        raise UsageError(f"nothing was run yet in {store.folder} for profile {profile}; first: {command}")
    if dropped:
        try:
            with run_lock(store):
                drop(store, profile, dropped)
        except Timeout:
            return say_who_writes(store, console)
        console.print(f"Left out of the plan, records are kept: {', '.join(dropped)}", markup=False, soft_wrap=True)
    with board_lock(store, profile, partial(console.print, markup=False, soft_wrap=True)):
        plan = saved(store, profile)  # again: a run may have added to it while this waited
        return 0 if plan is None else report(plan, store, command, console)


def say_who_writes(store: Store, console: Console) -> int:
    """Say that another run holds the lock; return the exit code."""
    console.print(f"Another run is writing to {store.folder}; wait for it, or use another --out.", soft_wrap=True)
    return 2
