"""Plan + records -> what the leaderboard package reads."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.key import ROOT
from benchmark.plan import Plan, PlannedTask, PlannedTrial
from benchmark.state import State
from benchmark.store import Store
from leaderboard import board as boards
from leaderboard.results import Board, TaskResult


def make_board(plan: Plan, state: State, store: Store, command: str) -> Board:
    """Return the board of a plan; cells without a record are holes, outdated ones are marked stale."""
    tasks = tuple(_task_result(task, plan, state, store) for task in plan.tasks.values())
    days = [record.details.get("started", "")[:10] for record in state.records.values()]
    return boards.build(
        tasks,
        suite=plan.suite,
        title=plan.title,
        profile=plan.profile,
        commit=commit(),
        date=max(days, default=""),
        command=command,
    )


def _task_result(task: PlannedTask, plan: Plan, state: State, store: Store) -> TaskResult:
    trials = [trial for trial in plan.trials if trial.identity.task == task.name]
    return TaskResult(
        name=task.name,
        title=task.title,
        dataset=task.dataset,
        classes=task.classes,
        positive=1 if len(task.classes) == 2 else None,
        generated=task.generated,
        flags=task.flags,
        notes=task.notes,
        predictions=_predictions(trials, state, store, len(task.classes)),
        trials=pd.DataFrame([_trial_row(trial, state) for trial in trials]),
        families={trial.identity.entry: trial.family for trial in trials},
    )


def _predictions(trials: list[PlannedTrial], state: State, store: Store, n_classes: int) -> pd.DataFrame:
    frames = []
    for trial in trials:
        record = state.records.get(trial.identity)
        if record is not None and record.status == "done":
            cell = trial.identity
            frame = store.predictions(record)
            tests = frame[frame["role"].str.startswith("test")]
            frames.append(tests.assign(entry=cell.entry, seed=cell.seed, fold=cell.fold))
    columns = ["entry", "seed", "fold", "role", "specimen", "patient", "domain", "y"]
    columns += [f"p{k}" for k in range(n_classes)]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _trial_row(trial: PlannedTrial, state: State) -> dict[str, Any]:
    cell = trial.identity
    status = state.status[cell]
    record = state.records.get(cell)
    details: Mapping[str, Any] = record.details if record else {}
    error = record.error.strip().splitlines()[-1] if record and record.error else trial.reason
    return {
        "entry": cell.entry,
        "seed": cell.seed,
        "fold": cell.fold,
        "status": {"stale": "done", "todo": "missing"}.get(status, status),
        "stale": status == "stale",
        "tuned": details.get("tuned"),
        "seconds": float(sum(details.get("seconds", {}).values())),
        "error": error,
    }


def commit(folder: Path = ROOT) -> str:
    """Return the checkout's short commit, with "+changes" when tracked files differ, or "unknown" outside git."""
    try:
        head = _git(folder, "rev-parse", "--short=10", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+changes" if changed else "")


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()
