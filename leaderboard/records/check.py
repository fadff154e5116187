"""Refuse a predictions or trials table that cannot be scored, naming the entry and the specimen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leaderboard.records.results import TaskResult

MODEL = ["entry", "seed", "fold"]
OOD, NO_CLASS = "ood:", -1
KEY = [*MODEL, "role", "specimen"]
PREDICTION = [*KEY, "patient", "domain", "y"]
TRIAL = ["entry", "seed", "fold", "status", "stale", "tuned", "seconds", "error"]
STATUSES = ("done", "failed", "missing", "not-applicable", "same-as")
RESERVED = ("in-domain", "all shifted", "worst domain")
TOLERANCE = 1e-6


class ResultError(ValueError):
    """Report predictions or trials that cannot be scored."""


def check(task: TaskResult) -> None:
    """Raise ResultError on the first thing in ``task`` that would make its scores wrong."""
    _check_task(task)
    _check_columns(task, "trials", task.trials, TRIAL)
    _check_columns(task, "predictions", task.predictions, [*PREDICTION, *proba_columns(task)])
    _check_trials(task)
    _check_keys(task, task.predictions, "a prediction")
    _check_roles(task)
    _check_proba(task, task.predictions, "probabilities")
    _check_labels(task)
    _check_specimens(task, task.predictions, "y", "labels")
    _check_ood(task)


def proba_columns(task: TaskResult) -> list[str]:
    """Return the names of the probability columns, p0 .. p<K-1>."""
    return [f"p{k}" for k in range(len(task.classes))]


def _check_task(task: TaskResult) -> None:
    n_classes = len(task.classes)
    if n_classes < 2:
        raise ResultError(f"task {task.name!r} has classes {task.classes}; give at least two")
    if (n_classes == 2) != (task.positive in (0, 1)):
        raise ResultError(
            f"task {task.name!r} has {n_classes} classes and positive={task.positive!r}; "
            "two classes need 0 or 1, more need None"
        )


def _check_columns(task: TaskResult, what: str, table: pd.DataFrame, wanted: list[str]) -> None:
    missing = [column for column in wanted if column not in table.columns]
    if missing:
        raise ResultError(f"{what} of task {task.name!r} lack the columns {missing}")


def _check_trials(task: TaskResult) -> None:
    unknown = set(task.trials["status"]) - set(STATUSES)
    if unknown:
        raise ResultError(f"trials of task {task.name!r} have the status {sorted(unknown)}; choices: {STATUSES}")
    twice = task.trials.duplicated(MODEL)
    if twice.any():
        raise ResultError(f"task {task.name!r} plans a trial twice: {_first(task.trials, twice, MODEL)}")
    done = pd.MultiIndex.from_frame(task.trials.loc[task.trials["status"] == "done", MODEL])
    given = pd.MultiIndex.from_frame(task.predictions[MODEL]).unique()
    for these, words in ((given.difference(done), "predictions of a trial that is not done"),
                         (done.difference(given), "a trial that is done without predictions")):  # fmt: skip
        if len(these):
            raise ResultError(f"task {task.name!r} has {words}: entry, seed, fold = {these[0]}")


def _check_keys(task: TaskResult, table: pd.DataFrame, what: str) -> None:
    empty = table[PREDICTION].isna().any(axis=1)
    if empty.any():
        raise ResultError(f"{what} of task {task.name!r} has an empty cell: {_first(table, empty, PREDICTION)}")
    twice = table.duplicated(KEY)
    if twice.any():
        raise ResultError(f"task {task.name!r} has {what} twice: {_first(table, twice, KEY)}")


def _check_roles(task: TaskResult) -> None:
    table = task.predictions
    strange = ~table["role"].str.fullmatch(r"test(:.+)?") | table["role"].str[5:].isin(RESERVED)
    if strange.any():
        said = f"a role of task {task.name!r} is neither 'test' nor 'test:<domain>', or its domain is one of {RESERVED}"
        raise ResultError(f"{said}: {_first(table, strange, KEY)}")


def _check_proba(task: TaskResult, table: pd.DataFrame, what: str) -> None:
    proba = table[proba_columns(task)].to_numpy(dtype=np.float64)
    wrong = ~np.isfinite(proba).all(axis=1) | (proba < 0).any(axis=1) | (np.abs(proba.sum(axis=1) - 1) > TOLERANCE)
    if wrong.any():
        raise ResultError(f"{what} of task {task.name!r} are not finite, not in [0, 1] or do not sum to 1 in "
                          f"{wrong.sum()} rows, first: {_first(table, wrong, KEY)}, p={proba[wrong][0]}")  # fmt: skip


def _check_labels(task: TaskResult) -> None:
    table = task.predictions
    outside = ~table["y"].isin(range(len(task.classes)))
    if outside.any():
        raise ResultError(f"y of task {task.name!r} is not a class index 0..{len(task.classes) - 1}: "
                          f"{_first(table, outside, [*KEY, 'y'])}")  # fmt: skip


def _check_specimens(task: TaskResult, table: pd.DataFrame, column: str, words: str) -> None:
    facts = table[["specimen", "entry", "patient", "domain", column]]
    told = facts.drop_duplicates(["specimen", "patient", "domain", column])
    differs = told.duplicated("specimen")
    if differs.any():
        raise ResultError(f"task {task.name!r}: a specimen has two patients, domains or {words}: "
                          f"{_first(told, differs, ['specimen', 'entry'])}")  # fmt: skip


def _check_ood(task: TaskResult) -> None:
    """Refuse predictions of unseen classes that are malformed, or of patients or classes that the task knows."""
    table = task.ood
    if table is None:
        return
    _check_columns(task, "ood predictions", table, [*PREDICTION, *proba_columns(task)])
    if table.empty:
        return
    _check_keys(task, table, "an ood prediction")
    _check_proba(task, table, "ood probabilities")
    _check_specimens(task, table, "role", "unseen classes")
    done = pd.MultiIndex.from_frame(task.trials.loc[task.trials["status"] == "done", MODEL])
    name = table["role"].str.removeprefix(OOD)
    one_class = table.groupby("patient")["role"].transform("nunique") == 1
    for right, words in (
        (table["role"].str.startswith(OOD) & (name != "") & ~name.isin(task.classes),
         f"a role that is not '{OOD}<class>' with a class other than {task.classes}"),
        (table["y"] == NO_CLASS, f"a y that is not {NO_CLASS}"),
        (one_class, "a patient of two unseen classes"),
        (~table["patient"].isin(task.predictions["patient"]), "a patient who is also tested as one of a known class"),
        (~table["specimen"].isin(task.predictions["specimen"]), "a specimen that is also tested as a known class"),
        (pd.MultiIndex.from_frame(table[MODEL]).isin(done), "a row of a trial that is not done"),
    ):  # fmt: skip
        if not np.all(right):
            raise ResultError(f"ood predictions of task {task.name!r} have {words}: "
                             f"{_first(table, ~np.asarray(right, dtype=bool), [*KEY, 'patient', 'y'])}")  # fmt: skip


def _first(table: pd.DataFrame, where: pd.Series | np.ndarray, columns: list[str]) -> dict[str, object]:
    return {str(name): value for name, value in table.loc[np.asarray(where), columns].iloc[0].items()}
