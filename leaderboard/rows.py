"""The long table of one test set: estimates, intervals, ties, notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.bootstrap import Floats, interval, reflected
from leaderboard.holes import hole_notes
from leaderboard.metrics import Metric
from leaderboard.resolution import resolution_floor
from leaderboard.results import TaskResult
from leaderboard.ties import against, tie_groups

CONTROL = "prior"
NOT_EVALUABLE = "not evaluable: nothing to compare here"


@dataclass(frozen=True)
class Facts:
    """What the rows say beside the scores; each (n_entries, n_metrics)."""

    n_patients: NDArray[np.int64]
    n_specimens: NDArray[np.int64]
    note: NDArray[np.object_]


def rows(task: TaskResult, test_set: str, metrics: Sequence[Metric], scores: Floats, facts: Facts) -> pd.DataFrame:
    """Return one row an entry and metric from scores (n_entries, n_metrics, 1 + B)."""
    return pd.concat(
        [
            _of_metric(task, test_set, metric, scores[:, m], Facts(*(array[:, m] for array in vars(facts).values())))
            for m, metric in enumerate(metrics)
        ],
        ignore_index=True,
    )


def _of_metric(task: TaskResult, test_set: str, metric: Metric, scores: Floats, facts: Facts) -> pd.DataFrame:
    values, samples = scores[:, 0], scores[:, 1:]
    low, high = reflected(values, samples) if metric.inflated else interval(samples)
    comparable = ~np.isnan(values) & ~np.isin(task.entries, stale_entries(task))
    ranked = comparable & (not metric.reference)
    ties = tie_groups(np.where(ranked, values, np.nan), samples, higher_is_better=metric.higher_is_better)
    return pd.DataFrame(
        {
            "task": task.name,
            "entry": task.entries,
            "test_set": test_set,
            "metric": metric.name,
            "value": values,
            "low": low,
            "high": high,
            "n_patients": facts.n_patients,
            "n_specimens": facts.n_specimens,
            "tie": pd.arrays.IntegerArray(ties, ~ranked),
            "vs_prior": _vs_prior(task, metric, samples, ranked),
            "floor": resolution_floor(samples[ranked & ~_is_control(task)]),
            "comparable": comparable,
            "note": _notes(task, values, facts.note),
        }
    )


def _is_control(task: TaskResult) -> NDArray[np.bool_]:
    return np.array([task.families.get(entry) == "control" for entry in task.entries])


def stale_entries(task: TaskResult) -> list[str]:
    """Return the entries of which a trial was made by code that has changed since."""
    return sorted(set(task.trials.loc[task.trials["stale"].astype(bool), "entry"]))


def _vs_prior(task: TaskResult, metric: Metric, samples: Floats, ranked: NDArray[np.bool_]) -> pd.arrays.IntegerArray:
    known = ranked & np.array([entry != CONTROL for entry in task.entries])
    if CONTROL not in task.entries or not ranked[task.entries.index(CONTROL)]:
        return pd.arrays.IntegerArray(np.zeros(len(ranked), dtype=np.int64), np.ones(len(ranked), dtype=bool))
    above = against(samples, samples[task.entries.index(CONTROL)])
    return pd.arrays.IntegerArray(above if metric.higher_is_better else -above, ~known)


def _notes(task: TaskResult, values: Floats, notes: NDArray[np.object_]) -> list[str]:
    holes = hole_notes(task)
    told = [NOT_EVALUABLE if np.isnan(value) else note for value, note in zip(values, notes, strict=True)]
    return [holes.get(entry, note) for entry, note in zip(task.entries, told, strict=True)]
