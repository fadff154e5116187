"""The long table of one test set: estimates, intervals, ties, notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.inference import Floats, against, interval, reflected, resolution_floor, tie_groups, tie_reach
from leaderboard.measures import Metric, at_bound, share_interval, unmoved
from leaderboard.records import TaskResult, hole_notes

CONTROL = "prior"
NOT_EVALUABLE = "not evaluable: nothing to compare here"


@dataclass(frozen=True)
class Facts:
    """What the rows say beside the scores, and what their intervals need; each (n_entries, n_metrics).

    Attributes:
        reach: Of ``bootstrap.reach``.
        most: Of ``most_effective``, counting what is scored: patients, or specimens where they are scored one by one.
        most_at_best: Of ``most_at_bound``: specimens of one patient that are all right prove no more than one.
        most_at_worst: The same of the worst score.
        few: Of ``few_patients``: resamples cannot show how the specimens of a patient go together.
        fixed: Of ``one_answer``.
    """

    n_patients: NDArray[np.int64]
    n_specimens: NDArray[np.int64]
    note: NDArray[np.object_]
    reach: Floats
    most: Floats
    most_at_best: Floats
    most_at_worst: Floats
    few: NDArray[np.bool_]
    fixed: NDArray[np.bool_]


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
    wide = float(facts.reach.max())  # a paired difference may meet the patients of two domains
    low, high = bounds(metric, values, samples, facts)
    comparable = ~np.isnan(values) & ~np.isin(task.entries, stale_entries(task))
    ranked = comparable & (not metric.reference)
    shown = ranked & ~_is_control(task)
    apart = np.array([tie_reach(wide, planned) for planned in seeds(task)])
    ties = tie_groups(np.where(ranked, values, np.nan), samples, apart, higher_is_better=metric.higher_is_better)
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
            "vs_prior": _vs_prior(task, metric, samples, apart, ranked),
            "floor": resolution_floor(samples[shown], apart[shown]),
            "comparable": comparable,
            "note": _notes(task, values, facts.note),
        }
    )


def bounds(metric: Metric, values: Floats, samples: Floats, facts: Facts) -> tuple[Floats, Floats]:
    """Return the 95 % intervals of a metric's scores (n,) from their resamples (n, B); ``facts`` are those of it."""
    wide = float(facts.reach.max())
    if metric.inflated:
        return reflected(values, samples, wide)
    if not metric.share:
        return interval(samples, wide, metric.bounds)
    most = most_known(values, samples, facts, metric.bounds)
    return share_interval(values, samples, facts.reach, most, metric.bounds, fixed=facts.fixed)


def most_known(values: Floats, samples: Floats, facts: Facts, bounds: tuple[float, float]) -> Floats:
    """Return how many answers a share can be worth: as many as patients where resamples do not show their spread."""
    silent = facts.few | at_bound(values, bounds) | unmoved(samples)
    at_worst = np.abs(values - bounds[0]) < 1e-12
    return np.where(
        at_worst, facts.most_at_worst, np.where(silent, np.minimum(facts.most_at_best, facts.most), facts.most)
    )


def _is_control(task: TaskResult) -> NDArray[np.bool_]:
    return np.array([task.families.get(entry) == "control" for entry in task.entries])


def seeds(task: TaskResult) -> list[int]:
    """Return with how many seeds each entry was planned."""
    planned = task.trials.groupby("entry")["seed"].nunique()
    return [int(planned.get(entry, 0)) for entry in task.entries]


def stale_entries(task: TaskResult) -> list[str]:
    """Return the entries of which a trial was made by code that has changed since."""
    return sorted(set(task.trials.loc[task.trials["stale"].astype(bool), "entry"]))


def _vs_prior(
    task: TaskResult, metric: Metric, samples: Floats, apart: Floats, ranked: NDArray[np.bool_]
) -> pd.arrays.IntegerArray:
    known = ranked & np.array([entry != CONTROL for entry in task.entries])
    if CONTROL not in task.entries or not ranked[task.entries.index(CONTROL)]:
        return pd.arrays.IntegerArray(np.zeros(len(ranked), dtype=np.int64), np.ones(len(ranked), dtype=bool))
    control = task.entries.index(CONTROL)
    above = against(samples, samples[control], np.maximum(apart, apart[control]))
    return pd.arrays.IntegerArray(above if metric.higher_is_better else -above, ~known)


def _notes(task: TaskResult, values: Floats, notes: NDArray[np.object_]) -> list[str]:
    holes = hole_notes(task)
    told = [NOT_EVALUABLE if np.isnan(value) else note for value, note in zip(values, notes, strict=True)]
    return [holes.get(entry, note) for entry, note in zip(task.entries, told, strict=True)]
