"""What a fold's model said of patients it was not trained on, beside what it said of the test patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from leaderboard.check import PREDICTION, TOLERANCE, proba_columns
from leaderboard.results import TaskResult

MODEL = ["entry", "seed", "fold"]
NOBODY_KEPT = "no validation predictions were kept"


def by_patient(task: TaskResult) -> TaskResult:
    """Return the same task with one row a patient, as ``testsets.test_sets`` averages them, in tests and validation.

    A task of specimens, as one of which some patient carries two labels, stays as it is.

    Raises:
        ValueError: If the validation predictions cannot be used, or hold a patient that their fold tests.
    """
    check_valid(task)
    labels = task.predictions.groupby("patient")["y"].nunique()
    if task.level == "specimen" or (len(labels) and labels.max() > 1):
        return task
    valid = None if task.valid is None else _averaged(task, task.valid)
    return replace(task, predictions=_averaged(task, task.predictions), valid=valid)


def _averaged(task: TaskResult, table: pd.DataFrame) -> pd.DataFrame:
    columns = proba_columns(task)
    grouped = table.groupby([*MODEL, "role", "patient", "y"], sort=True)
    averaged = grouped.agg({"domain": "min"} | dict.fromkeys(columns, "mean")).reset_index()
    return averaged.assign(specimen=averaged["patient"])


def check_valid(task: TaskResult) -> None:
    """Raise ValueError on the first thing in ``task.valid`` that would make what is learned from it wrong."""
    if task.valid is None:
        return
    lacking = [name for name in (*PREDICTION, *proba_columns(task)) if name not in task.valid]
    if lacking:
        raise ValueError(f"validation predictions of task {task.name!r} lack the columns {lacking}")
    proba = task.valid[proba_columns(task)].to_numpy(dtype=np.float64)
    wrong = ~np.isfinite(proba).all(axis=1) | (proba < 0).any(axis=1) | (np.abs(proba.sum(axis=1) - 1) > TOLERANCE)
    wrong |= ~task.valid["y"].isin(range(len(task.classes))).to_numpy()
    if wrong.any():
        first = task.valid.loc[wrong, PREDICTION].iloc[0].to_dict()
        raise ValueError(f"validation predictions of task {task.name!r} have {wrong.sum()} bad rows, first: {first}")
    both = task.valid[[*MODEL, "patient"]].merge(task.predictions[[*MODEL, "patient"]].drop_duplicates())
    if len(both):
        first = both.iloc[0].to_dict()
        raise ValueError(f"task {task.name!r} tests {len(both)} patients of its validation part, first: {first}")


def models(task: TaskResult, entry: str) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Return (test predictions, validation predictions) of each fold and seed of an entry."""
    if task.valid is None:
        return []
    mine = task.predictions[task.predictions["entry"] == entry]
    held = dict(iter(task.valid[task.valid["entry"] == entry].groupby(["seed", "fold"])))
    return [(part, held.get(cell, task.valid.iloc[:0])) for cell, part in mine.groupby(["seed", "fold"])]


def lacking_classes(task: TaskResult, valid: pd.DataFrame) -> list[str]:
    """Return the classes that have a patient somewhere in the tests and none in a validation part."""
    there = np.intersect1d(task.predictions["y"].to_numpy(dtype=np.int64), range(len(task.classes)))
    return [task.classes[k] for k in there if not (valid["y"] == k).any()]
