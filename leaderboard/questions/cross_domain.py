"""Every cross-domain table of a board's tasks, by name, for whoever writes or shows them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from leaderboard.questions.ladder import ladder, ladders
from leaderboard.questions.learning_curve import curves, learning_curve
from leaderboard.questions.matrix import matrix
from leaderboard.questions.modality_grid import modality_grid
from leaderboard.questions.strata import strata
from leaderboard.records import TaskResult


def tables(tasks: Sequence[TaskResult], *, resamples: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Return name -> long table, without those that no task calls for; the same tasks and seed give the same tables.

    Names are "transfer" (cells), "transfer-summary", "ladder", "learning-curve", "crossings", "modality-grid", "strata"
    and "strata-gaps".

    Args:
        tasks: Checked tasks of one board.
        resamples: B.
        seed: Of the resamples.
    """
    found: dict[str, list[pd.DataFrame]] = {}
    for task in tasks:
        if task.fold_names:
            _add(found, ("transfer", "transfer-summary"), matrix(task, resamples=resamples, seed=seed))
        _add(found, ("modality-grid",), (modality_grid(task, resamples=resamples, seed=seed),))
        _add(found, ("strata", "strata-gaps"), strata(task, resamples=resamples, seed=seed))
    for rungs in ladders(tasks).values():
        _add(found, ("ladder",), (ladder(rungs, resamples=resamples, seed=seed),))
    for points in curves(tasks).values():
        _add(found, ("learning-curve", "crossings"), learning_curve(points, resamples=resamples, seed=seed))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}


def _add(found: dict[str, list[pd.DataFrame]], names: Sequence[str], made: Sequence[pd.DataFrame]) -> None:
    for name, table in zip(names, made, strict=True):
        if len(table):
            found.setdefault(name, []).append(table)
