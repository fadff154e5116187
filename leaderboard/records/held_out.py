"""What a fold's model said of patients it was not trained on, beside what it said of the test patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from leaderboard.records.check import MODEL, PREDICTION, TOLERANCE, ResultError, proba_columns
from leaderboard.records.results import TaskResult

NOBODY_KEPT = "no validation predictions were kept"


def by_patient(task: TaskResult) -> TaskResult:
    """Return the same task with one row a patient, as ``testsets.test_sets`` averages them, in every table.

    A task of specimens, as one of which some patient carries two labels, stays as it is.

    Raises:
        ValueError: If the validation predictions cannot be used, or hold a patient that their fold tests.
    """
    check_valid(task)
    valid, ood = (None if table is None else averaged(task, table) for table in (task.valid, task.ood))
    return replace(task, predictions=averaged(task, task.predictions), valid=valid, ood=ood)


def averaged(task: TaskResult, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of predictions with one row a model, role and patient, or as it is in a task of specimens."""
    labels = task.predictions.groupby("patient")["y"].nunique()
    if task.level == "specimen" or (len(labels) and labels.max() > 1):
        return table
    columns = proba_columns(task)
    grouped = table.groupby([*MODEL, "role", "patient", "y"])
    means = grouped.agg({"domain": "min"} | dict.fromkeys(columns, "mean")).reset_index()
    return means.assign(specimen=means["patient"])


def check_valid(task: TaskResult) -> None:
    """Raise ValueError on the first thing in ``task.valid`` that would make what is learned from it wrong."""
    if task.valid is None:
        return
    lacking = [name for name in (*PREDICTION, *proba_columns(task)) if name not in task.valid]
    if lacking:
        raise ResultError(f"validation predictions of task {task.name!r} lack the columns {lacking}")
    proba = task.valid[proba_columns(task)].to_numpy(dtype=np.float64)
    wrong = ~np.isfinite(proba).all(axis=1) | (proba < 0).any(axis=1) | (np.abs(proba.sum(axis=1) - 1) > TOLERANCE)
    wrong |= ~task.valid["y"].isin(range(len(task.classes))).to_numpy()
    if wrong.any():
        first = task.valid.loc[wrong, PREDICTION].iloc[0].to_dict()
        raise ResultError(f"validation predictions of task {task.name!r} have {wrong.sum()} bad rows, first: {first}")
    both = task.valid[[*MODEL, "patient"]].merge(task.predictions[[*MODEL, "patient"]].drop_duplicates())
    if len(both):
        first = both.iloc[0].to_dict()
        raise ResultError(f"task {task.name!r} tests {len(both)} patients of its validation part, first: {first}")
    unseen = task.valid["patient"].isin([] if task.ood is None else task.ood["patient"])
    if unseen.any():
        first = task.valid.loc[unseen, [*MODEL, "patient"]].iloc[0].to_dict()
        raise ResultError(f"task {task.name!r} has patients of an unseen class in its validation part, first: {first}")


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
