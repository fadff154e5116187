"""Say what a plan holds and what stands in its way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from benchmark.planning import Plan, PlannedTrial, State

_SYMBOLS = {"done": "done", "stale": "stale", "failed": "failed, to redo", "todo": "to do"}
_SKIPPED = {"not-applicable": "not applicable", "same-as": "the same as another entry's"}
_ALWAYS = ("trials", "to do")


def show_plan(plan: Plan, state: State, console: Console, *, always: bool) -> None:
    """Say in one line what is done and what is left, or, with ``always``, in a table of each task."""
    if not always:
        counts = state.counts()
        parts = [f"{counts[s]} {label}" for s, label in _SYMBOLS.items() if counts[s]]
        skipped = [f"{counts[s]} {label}" for s, label in _SKIPPED.items() if counts[s]]
        told = ", ".join([*(parts or ["no trials"]), *skipped])
        console.print(f"{plan.title}, profile {plan.profile}: {told}.")
    else:
        console.print(f"{plan.title}: plan of profile {plan.profile}")
        for table in plan_tables(plan, state):
            console.print(table)
        say_problems(state, console)
    if always or not plan.tasks:
        say_absent(plan, console)


def plan_tables(plan: Plan, state: State) -> list[Table]:
    """Return one table a task, one row an entry; columns that are zero throughout a task are left out."""
    return [_table(name, [t for t in plan.trials if t.identity.task == name], state) for name in plan.tasks]


def say_problems(state: State, console: Console) -> None:
    """Say which records cannot be trusted, and why."""
    for problem in (*map(str, state.untrusted), *state.problems):
        console.print(f"Not trusted: {problem}", markup=False, soft_wrap=True)


def say_absent(plan: Plan, console: Console) -> None:
    """Say which tasks are not run, and why."""
    for sentence in (*plan.absent, *plan.broken):
        console.print(f"Not run: {sentence}", markup=False, highlight=False, soft_wrap=True)


def _table(task: str, trials: Sequence[PlannedTrial], state: State) -> Table:
    entries = {entry: [t for t in trials if t.identity.entry == entry] for entry in _entries(trials)}
    counts = {entry: _counts(own, state) for entry, own in entries.items()}
    told = {entry: _why_not(own[0]) for entry, own in entries.items()}
    shown = [name for name in ("trials", "done", "stale", "failed", "to do")
             if name in _ALWAYS or any(count[name] for count in counts.values())]  # fmt: skip
    table = Table(title=task, title_justify="left")
    table.add_column("entry", no_wrap=True)
    for name in shown:
        table.add_column(name, justify="right")
    if any(told.values()):
        table.add_column("not run because it", overflow="fold")
    for entry in entries:
        why = [told[entry]] if any(told.values()) else []
        table.add_row(entry, *(str(counts[entry][name]) for name in shown), *why)
    return table


def _entries(trials: Iterable[PlannedTrial]) -> list[str]:
    return list(dict.fromkeys(trial.identity.entry for trial in trials))


def _counts(trials: Sequence[PlannedTrial], state: State) -> dict[str, int]:
    counts = state.counts(trial.identity for trial in trials)
    return {"trials": len(trials), "to do": counts["todo"]} | {s: counts[s] for s in ("done", "stale", "failed")}


def _why_not(trial: PlannedTrial) -> str:
    return trial.reason or (f"is the same as {trial.same_as} here" if trial.same_as else "")
