"""One draw of patients for several tables, so that scores of different cells, rungs or strata can be subtracted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.inference.bootstrap import Floats, distribution, draw, interval, reach
from leaderboard.measures import Metric
from leaderboard.records import Replicate, TaskResult, TestSet, pooled


@dataclass(frozen=True)
class SharedDraw:
    """How often each patient is in each resample.

    Attributes:
        patients: Sorted names, (n,).
        weights: uint16 (n, 1 + B); column 0 is the cohort as it was observed.
        strata: What was drawn within, int64 (n,).
    """

    patients: NDArray[np.str_]
    weights: NDArray[np.uint16]
    strata: NDArray[np.int64]

    def reach(self, *sets: NDArray[np.str_]) -> float:
        """Return ``bootstrap.reach`` of a set of patients, or the largest of several; of all where none is given."""
        found = [reach(self.strata[np.searchsorted(self.patients, patients)]) for patients in sets if len(patients)]
        return max(found, default=reach(self.strata))

    def scores(self, test_set: TestSet, replicates: Sequence[Replicate], metric: Metric) -> Floats:
        """Return a metric of one entry on every resample, float64 (1 + B,); column 0 is the estimate."""
        rows = np.searchsorted(self.patients, test_set.patients)
        return distribution(replicates, (metric,), self.weights[rows])[0]


def shared_draw(tables: Sequence[pd.DataFrame], by: Sequence[str], resamples: int, seed: int) -> SharedDraw:
    """Draw the patients of all tables once, within strata of equal values in the columns ``by``.

    Where such a stratum has few patients, all of the same class and role are drawn together (``pooled``).

    Args:
        tables: Predictions with column ``patient``; a patient's stratum is all that its rows say.
        by: Columns such as y, domain and role; with role, a test set keeps its number of patients of each class.
        resamples: B.
        seed: Same patients, strata and seed give the same draw.
    """
    told = pd.concat([table[["patient", *by]].drop_duplicates() for table in tables]).drop_duplicates()
    kept = [name for name in by if name in ("y", "role")]
    cells, classes = (_joined(told, columns) for columns in (list(by), kept))
    codes = pooled(classes.to_numpy(dtype=str), cells.to_numpy(dtype=str))
    weights = draw(codes, resamples, np.random.default_rng(seed))
    return SharedDraw(cells.index.to_numpy(dtype=str), weights, codes)


def _joined(told: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Return patient -> all that its rows say in ``columns``."""
    kind = pd.Series(map("@".join, told[columns].astype(str).to_numpy()), index=told.index, dtype=str)
    return kind.groupby(told["patient"]).agg(lambda kinds: "|".join(sorted(set(kinds))))


def summary(
    samples: Floats, reach: float, bounds: tuple[float, float] = (-np.inf, np.inf)
) -> tuple[float, float, float]:
    """Return the estimate and the 95 % interval, cut at ``bounds``, of scores (1 + B,)."""
    if np.isnan(samples[0]):
        return (float("nan"),) * 3
    low, high = interval(samples[None, 1:], reach, bounds)
    return float(samples[0]), float(low[0]), float(high[0])


def part(task: TaskResult, rows: NDArray[np.bool_], trials: NDArray[np.bool_] | None = None) -> TaskResult:
    """Return a task with some of its predictions and trials, to be scored on their own."""
    kept = task.trials if trials is None else task.trials[trials]
    predictions = task.predictions[rows].reset_index(drop=True)
    return replace(task, predictions=predictions, trials=kept.reset_index(drop=True))
