"""What moved between two published boards, and whether it is more than noise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from leaderboard.exchange import archive
from leaderboard.inference import interval, reach, tie_reach
from leaderboard.measures import Metric, headline
from leaderboard.records import TaskResult, is_applicable, quarantined, same_as, test_sets
from leaderboard.scores import resampled, seeds

RESAMPLES = 1000
COLUMNS = ["task", "entry", "metric", "old", "new", "difference", "low", "high", "beyond_noise"]


def compare(old: Path, new: Path) -> pd.DataFrame:
    """Return what moved between two boards on the headline of each task and entry that both have and can run.

    Where both predict the same specimens the difference has a paired patient-clustered interval, and ``beyond_noise``
    says whether it excludes 0: the 95 % one, and that of 99 % where a side has one seed (``tie_reach``). Elsewhere the
    interval is NaN and ``beyond_noise`` is <NA>.

    Returns:
        task, entry, metric, old, new, difference, low, high, beyond_noise.

    Raises:
        ArchiveError: If a folder is no archive of a board.
    """
    before, after = ({task.name: quarantined(task)[0] for task in archive.unpack(f)[1]} for f in (old, new))
    rows = [
        _moved(before[name], after[name], entry)
        for name in before
        if name in after
        for entry in before[name].entries
        if entry in after[name].entries and (is_applicable(before[name], entry) or is_applicable(after[name], entry))
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _moved(before: TaskResult, after: TaskResult, entry: str) -> tuple[object, ...]:
    metric = headline(len(before.classes))
    was, now = (_value(task, entry, metric) for task in (before, after))
    both = _side_by_side(before, after, entry)
    if both is None or np.isnan([was, now]).any():
        return (before.name, entry, metric.name, was, now, now - was, np.nan, np.nan, pd.NA)
    first = test_sets(both)[0]
    new, old = resampled(both, first, (metric,), RESAMPLES, seed=0)[:, 0]
    wide = tie_reach(reach(first.strata, patient_mean=metric.patient_mean), min(seeds(both)))
    low, high = (float(bound[0]) for bound in interval((new - old)[None, 1:], wide))
    return (before.name, entry, metric.name, was, now, new[0] - old[0], low, high, low > 0 or high < 0)


def _value(task: TaskResult, entry: str, metric: Metric) -> float:
    """Return the score on the first test set; NaN for a hole."""
    mine = _row_of(task, entry)
    sets = test_sets(mine)
    return float(resampled(mine, sets[0], (metric,), 0, seed=0)[0, 0, 0]) if sets else float("nan")


def _side_by_side(before: TaskResult, after: TaskResult, entry: str) -> TaskResult | None:
    """Return a task with the new and the old predictions as two entries, or None where specimens or roles differ."""
    new, old = (_renamed(_row_of(task, entry), name) for task, name in ((after, "new"), (before, "old")))
    keys = ["fold", "role", "specimen", "patient", "domain", "y"]
    cells = [frozenset(t.predictions[keys].itertuples(index=False, name=None)) for t in (new, old)]
    if before.classes != after.classes or before.positive != after.positive or cells[0] != cells[1] or not cells[0]:
        return None
    predictions, trials = (
        pd.concat([getattr(t, part) for t in (new, old)], ignore_index=True) for part in ("predictions", "trials")
    )
    return replace(new, predictions=predictions, trials=trials)


def _row_of(task: TaskResult, entry: str) -> TaskResult:
    """Return a task with one entry alone, or with the one that is the same model there."""
    return only(task, same_as(task).get(entry, entry))


def only(task: TaskResult, entry: str) -> TaskResult:
    """Return a task with one entry alone."""
    return replace(
        task,
        predictions=_mine(task.predictions, entry),
        trials=_mine(task.trials, entry),
        valid=None if task.valid is None else _mine(task.valid, entry),
        modality_predictions=None if task.modality_predictions is None else _mine(task.modality_predictions, entry),
        ood=None if task.ood is None else _mine(task.ood, entry),
        families={name: family for name, family in task.families.items() if name == entry},
    )


def _mine(table: pd.DataFrame, entry: str) -> pd.DataFrame:
    return table[table["entry"] == entry].reset_index(drop=True)


def _renamed(task: TaskResult, name: str) -> TaskResult:
    return replace(
        task, predictions=task.predictions.assign(entry=name), trials=task.trials.assign(entry=name), families={}
    )
