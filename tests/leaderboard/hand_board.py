"""Boards whose scores are written by hand, so that what is said of them is known without scoring anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from leaderboard.measures.metrics import metrics_for
from leaderboard.records.results import Board, TaskResult
from leaderboard.scores.tables import TaskView
from tests.leaderboard.shared_board import FACTS

Key = tuple[str, str, str]  # entry, test set, metric
NOTHING = {"value": np.nan, "low": np.nan, "high": np.nan, "tie": pd.NA, "vs_prior": pd.NA, "floor": np.nan}


def hand_task(entries: Sequence[str], *, name: str = "t", seeds: int = 2, folds: int = 2, n_classes: int = 3,
              **changed: object) -> TaskResult:  # fmt: skip
    """Return a task of which every trial is done, with the predictions of three patients in two domains."""
    cells = [(entry, seed, fold) for entry in entries for seed in range(seeds) for fold in range(folds)]
    trials = pd.DataFrame(cells, columns=["entry", "seed", "fold"])
    trials = trials.assign(status="done", stale=False, tuned=True, seconds=1.5, error="")
    patients = pd.DataFrame({"specimen": ["s0", "s1", "s2", "s3"], "patient": ["p0", "p0", "p1", "p2"],
                             "domain": ["B", "B", "A", "A"], "y": [0, 0, 1, 0]})  # fmt: skip
    rows = trials[["entry", "seed", "fold"]].assign(role="test").merge(patients, how="cross")
    rows = rows.assign(**{f"p{k}": float(k == 0) for k in range(n_classes)})
    facts: dict[str, object] = {
        "name": name, "title": f"title of {name}", "dataset": f"data-{name}", "classes": tuple("KLMN"[:n_classes]),
        "positive": 1 if n_classes == 2 else None, "generated": False, "flags": (), "notes": (),
        "predictions": rows, "trials": trials, "families": {},
    }  # fmt: skip
    return TaskResult(**facts | changed)  # type: ignore[arg-type]


def with_status(task: TaskResult, entry: str, status: str, error: str = "") -> TaskResult:
    """Return the task with every trial of an entry in another state, and no predictions of it."""
    mine = task.trials["entry"] == entry
    trials = task.trials.assign(
        status=task.trials["status"].mask(mine, status), error=task.trials["error"].mask(mine, error)
    )
    kept = task.predictions[task.predictions["entry"] != entry].reset_index(drop=True)
    return TaskResult(**{**vars(task), "trials": trials, "predictions": kept})


def hand_scores(task: TaskResult, told: Mapping[Key, Mapping[str, object]], sets: Sequence[str]) -> pd.DataFrame:
    """Return the long table of a task in which only what is told is known."""
    base = {"n_patients": 3, "n_specimens": 4, "comparable": True, "note": ""}
    rows = [
        {"task": task.name, "entry": entry, "test_set": test_set, "metric": metric.name, **NOTHING, **base,
         **told.get((entry, test_set, metric.name), {})}
        for test_set in sets for metric in metrics_for(len(task.classes)) for entry in task.entries
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"tie": "Int64", "vs_prior": "Int64"})


def hand_view(
    task: TaskResult,
    told: Mapping[Key, Mapping[str, object]],
    sets: Sequence[str] = ("in-domain",),
    further: Mapping[str, pd.DataFrame] | None = None,
    pairs: pd.DataFrame | None = None,
) -> TaskView:
    """Return the view of a board of one task."""
    scores = hand_scores(task, told, sets)
    board = Board(**FACTS, tasks=(task,), scores=scores, details=pd.DataFrame(),
                  pairs=pd.DataFrame(columns=["task"]) if pairs is None else pairs, further=further or {})  # fmt: skip
    return TaskView(board, task)


def score(value: float, tie: int | None = None, vs_prior: int | None = None, **more: object) -> dict[str, object]:
    """Return a score with an interval of a tenth on either side."""
    known = {"value": value, "low": value - 0.1, "high": value + 0.1}
    return {**known, "tie": pd.NA if tie is None else tie, "vs_prior": pd.NA if vs_prior is None else vs_prior, **more}
