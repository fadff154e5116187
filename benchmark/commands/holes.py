"""What a report says of trials that failed or did not run: whose they are, why, and what to do."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmark.planning import Plan, PlannedTrial, State
from benchmark.records import Store
from benchmark.trials import failure_line

_SHOWN = 5  # entries
_LONGEST = 120  # characters of a reason
_USUAL = Path("runs")


def holes(plan: Plan, state: State) -> list[PlannedTrial]:
    """Return the trials that failed or did not run; what is stale, not applicable or the same as another is none."""
    return [trial for trial in plan.trials if state.status[trial.identity] in ("failed", "todo")]


def hole_lines(plan: Plan, asked: Plan | None, state: State, store: Store) -> list[str]:
    """Return what to say of the holes of a board, nothing where there are none.

    Args:
        plan: What the board shows.
        asked: What this command asked for, None where that is the whole board.
        state: How each trial stands.
        store: Where the board lies.
    """
    wanted = plan if asked is None else asked
    mine = holes(wanted, state)
    known = {trial.identity for trial in mine}
    others = [] if asked is None else [trial for trial in holes(plan, state) if trial.identity not in known]
    again = "run the same command again" if asked is not None else "run these entries again"
    lines = []
    if mine:
        verb = "is a hole" if len(mine) == 1 else "are holes"
        lines.append(f"{len(mine)} of {counted(len(wanted.trials), 'trial')} {verb}: {_by_entry(mine, state)}.")
    if others:
        lines.append(
            f"The board has {len(others)} more of entries that this call did not ask for: {_by_entry(others, state)}. "
            "They do not count for the exit code of run; report counts them."
        )
    if mine:
        lines.append(f"To fill them {again}; what failed fails again until what it names is mended.")
    broken = _names(t for t in (*mine, *others) if _stays(t, state))
    if broken:
        lines.append(f"To leave {_some(broken)} out of this board (records are kept): {_dropping(plan, broken, store)}")
    return lines


def _stays(trial: PlannedTrial, state: State) -> bool:
    """Return whether a hole stays however often it is run: it failed, or its code is gone."""
    return state.status[trial.identity] == "failed" or state.codes.get(trial.target) is None


def _by_entry(trials: Sequence[PlannedTrial], state: State) -> str:
    return _some([_of_entry(name, [t for t in trials if t.identity.entry == name], state) for name in _names(trials)])


def _of_entry(name: str, trials: Sequence[PlannedTrial], state: State) -> str:
    failed = [t.identity for t in trials if state.status[t.identity] == "failed"]
    parts = [f"{len(failed)} failed"] if failed else []
    parts += [f"{len(trials) - len(failed)} not run"] if len(failed) < len(trials) else []
    records = [state.records[cell] for cell in failed if cell in state.records]
    why = f", {failure_line(records[0].error)[:_LONGEST]}" if records else ""
    return f"{name} ({' and '.join(parts)}{why})"


def _dropping(plan: Plan, names: Sequence[str], store: Store) -> str:
    """Return the command that leaves entries out of a board."""
    kind = "--dataset" if plan.source.kind == "datasets" else "--suite"
    named = [word for name in plan.source.names or (plan.suite,) for word in (kind, _from_here(name))]
    folder = store.folder.absolute().parent
    out = [] if folder == _USUAL.absolute() else ["--out", _from_here(str(folder))]
    dropped = [word for name in names for word in ("--drop", name)]
    return shlex.join(["python", "-m", "benchmark", "report", *named, "--profile", plan.profile, *out, *dropped])


def _from_here(path: str) -> str:
    return str(Path(path).relative_to(Path.cwd())) if Path(path).is_relative_to(Path.cwd()) else path


def _names(trials: Iterable[PlannedTrial]) -> list[str]:
    return list(dict.fromkeys(trial.identity.entry for trial in trials))


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def counted(number: int, what: str) -> str:
    """Return a number of things, in the singular for one."""
    return f"{number} {what}{'' if number == 1 else 's'}"
