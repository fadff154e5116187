"""Plan + records -> what the leaderboard package reads."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.entries import ROOT
from benchmark.planning import LEAKY_FLAG, Plan, PlannedTask, PlannedTrial, State
from benchmark.records import Store, kept_facts, refusal
from benchmark.trials import failure_line
from datasets.splits import OOD
from leaderboard.boards import ScoreCache
from leaderboard.boards import board as boards
from leaderboard.records import Board, Published, TaskResult


def make_board(plan: Plan, state: State, store: Store, command: str) -> Board:
    """Return the board of a plan; cells without a record are holes, outdated ones are marked stale.

    The caller holds ``board_lock``: a board made at the same time would drop parts that this one keeps.
    """
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
        cache=ScoreCache(store.folder / "scores" / plan.profile),
    )


_REFITTED = (
    "Validation patients choose (epoch, threshold, temperature, hyper-parameters) and are predicted; then an entry "
    "learns anew from train and validation, with what was chosen"
)


def _task_result(task: PlannedTask, plan: Plan, state: State, store: Store) -> TaskResult:
    trials = [trial for trial in plan.trials if trial.identity.task == task.name]
    rows = pd.DataFrame([_trial_row(trial, state) for trial in trials])
    how = (_REFITTED,) if rows["refitted"].eq(True).any() else ()
    every, by_modality = _predictions(trials, state, store, len(task.classes))
    tested = every[every["role"].str.startswith("test")].reset_index(drop=True)
    valid = every[every["role"] == "valid"].reset_index(drop=True)
    odd = every[every["role"].str.startswith(OOD)].reset_index(drop=True)
    return TaskResult(
        name=task.name,
        title=task.title,
        dataset=task.dataset,
        classes=task.classes,
        positive=1 if len(task.classes) == 2 else None,
        generated=task.generated,
        flags=task.flags,
        notes=(*task.notes, *how),
        predictions=tested,
        trials=rows,
        families={trial.identity.entry: trial.family for trial in trials},
        published=tuple(Published(**reference) for reference in task.published),
        level=task.level,
        valid=None if valid.empty or LEAKY_FLAG in task.flags else valid,  # a leaky rung tests who it was stopped on
        specimens=_facts(task, store, pd.concat([tested["specimen"], odd["specimen"]])),
        fold_names=task.fold_names,
        costs=task.costs,
        abstain_cost=task.abstain_cost,
        ladder=task.ladder,
        rung=task.rung,
        curve=task.curve,
        learned_from=task.learned_from,
        modality_predictions=by_modality,
        ood=None if odd.empty else odd,
    )


def _facts(task: PlannedTask, store: Store, predicted: pd.Series) -> pd.DataFrame | None:
    facts = kept_facts(store, task.fingerprint)
    if facts is None or facts.columns.tolist() == ["specimen"]:
        return None
    return facts[facts["specimen"].isin(predicted)].reset_index(drop=True)


def _predictions(
    trials: list[PlannedTrial], state: State, store: Store, n_classes: int
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Return the predictions of valid, test and ood roles, and those by modality where a trial has them."""
    full, by_modality = [], []
    for trial in trials:
        record = state.records.get(trial.identity)
        if record is not None and record.status == "done":
            cell = trial.identity
            names: dict[str, Any] = {"entry": cell.entry, "seed": cell.seed, "fold": cell.fold}
            full.append(store.predictions(record).assign(**names))
            grid = store.modality_predictions(record)
            by_modality += [] if grid is None else [grid.assign(**names)]
    columns = ["entry", "seed", "fold", "role", "specimen", "patient", "domain", "y"]
    columns += [f"p{k}" for k in range(n_classes)]
    every = pd.concat(full, ignore_index=True)[columns] if full else pd.DataFrame(columns=columns)
    return every, pd.concat(by_modality, ignore_index=True)[[*columns, "modalities"]] if by_modality else None


def _trial_row(trial: PlannedTrial, state: State) -> dict[str, Any]:
    cell = trial.identity
    status = state.status[cell]
    record = state.records.get(cell)
    details: Mapping[str, Any] = record.details if record else {}
    raised = record.error if record else ""
    error = refusal(raised) or failure_line(raised) or trial.reason or trial.same_as
    return {
        "entry": cell.entry,
        "seed": cell.seed,
        "fold": cell.fold,
        "status": {"stale": "done", "todo": "missing"}.get(status, status),
        "stale": status == "stale",
        "tuned": details.get("tuned"),
        "refitted": details.get("refitted"),
        "seconds": float(sum(details.get("seconds", {}).values())),
        **_costs(details),
        "error": error,
        "modality_holes": json.dumps(details.get("modality_holes", {}), ensure_ascii=False, sort_keys=True),
    }


def _costs(details: Mapping[str, Any]) -> dict[str, float]:
    """Return what a trial cost; NaN where its record does not tell, and for times of an entry that kept features."""
    seconds, n_predicted, n_parameters = (details.get(key) for key in ("seconds", "n_predicted", "n_parameters"))
    report = details.get("report")
    if isinstance(report, Mapping) and report.get("kept_features"):
        seconds = None  # who came first paid for all others
    return {
        "fit_seconds": seconds["fit"] if seconds else math.nan,
        "latency_ms": 1000 * seconds["predict"] / n_predicted if seconds and n_predicted else math.nan,
        "n_parameters": math.nan if n_parameters is None else float(n_parameters),
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
