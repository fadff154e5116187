"""One draw of patients for several tables, so that scores of different cells, rungs or strata can be subtracted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.bootstrap import Floats, distribution, draw, interval
from leaderboard.metrics import Metric
from leaderboard.results import TaskResult
from leaderboard.testsets import Replicate, TestSet


@dataclass(frozen=True)
class SharedDraw:
    """How often each patient is in each resample.

    Attributes:
        patients: Sorted names, (n,).
        weights: uint16 (n, 1 + B); column 0 is the cohort as it was observed.
    """

    patients: NDArray[np.str_]
    weights: NDArray[np.uint16]

    def scores(self, test_set: TestSet, replicates: Sequence[Replicate], metric: Metric) -> Floats:
        """Return a metric of one entry on every resample, float64 (1 + B,); column 0 is the estimate."""
        rows = np.searchsorted(self.patients, test_set.patients)
        return distribution(replicates, (metric,), self.weights[rows])[0]


def shared_draw(tables: Sequence[pd.DataFrame], by: Sequence[str], resamples: int, seed: int) -> SharedDraw:
    """Draw the patients of all tables once, within strata of equal values in the columns ``by``.

    Args:
        tables: Predictions with column ``patient``; a patient's stratum is all that its rows say.
        by: Columns such as y, domain and role; with role, a test set keeps its number of patients of each class.
        resamples: B.
        seed: Same patients, strata and seed give the same draw.
    """
    told = pd.concat([table[["patient", *by]].drop_duplicates() for table in tables]).drop_duplicates()
    kind = told[list(by)].astype(str).agg("@".join, axis=1)
    strata = kind.groupby(told["patient"]).agg(lambda kinds: "|".join(sorted(kinds)))
    codes = np.unique(strata.to_numpy(dtype=str), return_inverse=True)[1].astype(np.int64)
    return SharedDraw(strata.index.to_numpy(dtype=str), draw(codes, resamples, np.random.default_rng(seed)))


def summary(samples: Floats) -> tuple[float, float, float]:
    """Return the estimate and the bounds of the 95 % interval of scores (1 + B,)."""
    if np.isnan(samples[0]):
        return (float("nan"),) * 3
    low, high = interval(samples[None, 1:])
    return float(samples[0]), float(low[0]), float(high[0])


def part(task: TaskResult, rows: NDArray[np.bool_], trials: NDArray[np.bool_] | None = None) -> TaskResult:
    """Return a task with some of its predictions and trials, to be scored on their own."""
    kept = task.trials if trials is None else task.trials[trials]
    predictions = task.predictions[rows].reset_index(drop=True)
    return replace(task, predictions=predictions, trials=kept.reset_index(drop=True))
