"""Tables that cannot be scored are refused with the place and the value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leaderboard.boards.board import build
from leaderboard.records.results import TaskResult
from leaderboard.scores.score import score
from tests.leaderboard.fake_board import fake_task


def set_cell(column: str, wrong: object) -> Callable[[TaskResult], TaskResult]:
    def change(task: TaskResult) -> TaskResult:
        table = task.predictions.copy()
        row = table.index[(table["entry"] == "xgboost") & (table["specimen"] == "S003")][0]
        table[column] = table[column].astype(object)
        table.loc[row, column] = wrong
        return replace(task, predictions=table)

    return change


def without_specimen(task: TaskResult) -> TaskResult:
    table = task.predictions
    lost = (table["entry"] == "xgboost") & (table["specimen"] == "S003") & (table["seed"] == 1)
    return replace(task, predictions=table[~lost])


def off_by(gap: float) -> Callable[[TaskResult], TaskResult]:
    def change(task: TaskResult) -> TaskResult:
        return replace(task, predictions=task.predictions.assign(p0=task.predictions["p0"] + gap))

    return change


def relabelled(column: str, value: object) -> Callable[[TaskResult], TaskResult]:
    """Return a change by which one entry says something else of one specimen in all its rows."""

    def change(task: TaskResult) -> TaskResult:
        table = task.predictions
        mine = (table["entry"] == "xgboost") & (table["specimen"] == "S003")
        return replace(task, predictions=table.assign(**{column: table[column].mask(mine, value)}))

    return change


def twice(task: TaskResult) -> TaskResult:
    return replace(task, predictions=pd.concat([task.predictions, task.predictions.iloc[[5]]], ignore_index=True))


def not_planned(task: TaskResult) -> TaskResult:
    return replace(task, predictions=task.predictions.assign(fold=task.predictions["fold"] + 10))


def no_predictions_of_one(task: TaskResult) -> TaskResult:
    return replace(task, predictions=task.predictions[task.predictions["entry"] != "xgboost"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_cell("p1", np.nan), r"not finite.*xgboost.*S003"),
        (set_cell("p1", 0.99), r"do not sum to 1.*xgboost.*S003"),
        (set_cell("p1", -0.1), r"not in \[0, 1\].*xgboost.*S003"),
        (set_cell("y", 3), r"not a class index 0\.\.2.*xgboost.*S003"),
        (set_cell("y", 1.5), r"not a class index 0\.\.2.*xgboost.*S003"),
        (set_cell("patient", None), r"empty cell.*xgboost.*S003"),
        (set_cell("patient", "somebody else"), r"two patients, domains or labels.*S003"),
        (relabelled("y", 1), r"two patients, domains or labels.*S003"),
        (relabelled("domain", "C"), r"two patients, domains or labels.*S003"),
        (relabelled("patient", "P002"), r"two patients, domains or labels.*S003"),
        (off_by(4e-6), r"do not sum to 1"),
        (set_cell("role", "valid"), r"neither 'test' nor.*xgboost.*S003"),
        (set_cell("role", "test:worst domain"), r"its domain is one of"),
        (without_specimen, r"'xgboost', seed 1.*no prediction for 1 specimens.*'in-domain'.*'S003'"),
        (twice, r"a prediction twice"),
        (not_planned, r"predictions of a trial that is not done"),
        (no_predictions_of_one, r"a trial that is done without predictions.*xgboost"),
        (lambda t: replace(t, predictions=t.predictions.drop(columns="p2")), r"lack the columns \['p2'\]"),
        (lambda t: replace(t, trials=t.trials.drop(columns="stale")), r"trials.*lack the columns \['stale'\]"),
        (lambda t: replace(t, trials=t.trials.replace("done", "fine")), r"status \['fine'\]; choices"),
        (lambda t: replace(t, trials=pd.concat([t.trials, t.trials.head(1)])), r"plans a trial twice"),
        (lambda t: replace(t, positive=1), r"3 classes and positive=1"),
        (lambda t: replace(t, classes=("one",)), r"give at least two"),
    ],
)
def test_refused_with_the_place(change: Callable[[TaskResult], TaskResult], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        score(change(fake_task(failed=None)), resamples=2)


def test_a_sum_that_misses_one_by_rounding_is_scored() -> None:
    score(off_by(4e-7)(fake_task(failed=None, n=30)), resamples=2)


def test_a_board_needs_tasks_with_unique_names() -> None:
    facts = {"suite": "s", "title": "t", "profile": "quick", "commit": "c", "date": "d", "command": "x"}
    for tasks in ([], [fake_task(), fake_task()]):
        with pytest.raises(ValueError, match="unique names"):
            build(tasks, **facts)
