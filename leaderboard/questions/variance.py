"""Where the spread of a score comes from: training again, another split, other patients."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from leaderboard.inference import shared_weights
from leaderboard.measures import Floats, Metric, headline, ratio
from leaderboard.records import Replicate, TaskResult, TestSet, test_sets
from leaderboard.scores import resampled

COLUMNS = ["task", "entry", "test_set", "metric", "source", "value", "low", "high", "count", "note"]
SOURCES = ("seeds", "folds", "patients")


class Spread(NamedTuple):
    """A standard deviation with its 95 % interval, and how many scores it comes from."""

    value: float
    low: float
    high: float
    scores: int


def variance(task: TaskResult, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Return three standard deviations of the headline score of each complete entry on each test set.

    "seeds" is between trainings that differ by their seed alone, each scored on the whole test set. "patients" is that
    of the patient-clustered bootstrap. "folds" is between the models of a split, each scored where it is tested, after
    what their different test patients and their seeds explain was taken off; 0 where nothing is left. Intervals of the
    first two kinds are those of a normal sample (chi-square); with few seeds they are as wide as they should be.

    Returns:
        Long table with ``COLUMNS``; NaN where there is one seed, one fold, or nothing to score.
    """
    metric = headline(len(task.classes))
    rows: list[tuple[object, ...]] = []
    for test_set in test_sets(task):
        samples = dict(zip(task.entries, resampled(task, test_set, (metric,), resamples, seed)[:, 0], strict=True))
        weights = shared_weights(task, test_set, resamples, seed)
        for entry in test_set.replicates:
            spreads = _of_entry(task, test_set, entry, metric, weights)
            patients = _spread_of_resamples(samples[entry][1:], len(test_set.patients))
            for source, (spread, note) in zip(SOURCES, (*spreads, (patients, "")), strict=True):
                rows.append((task.name, entry, test_set.name, metric.name, source, *spread, note))
    return pd.DataFrame(rows, columns=COLUMNS)


def _spread_of_resamples(samples: Floats, n_patients: int) -> Spread:
    known = samples[~np.isnan(samples)]
    value = float(np.std(known, ddof=1)) if len(known) > 1 else math.nan
    return Spread(value, math.nan, math.nan, n_patients)


def _of_entry(
    task: TaskResult, test_set: TestSet, entry: str, metric: Metric, weights: NDArray[np.uint16]
) -> tuple[tuple[Spread, str], tuple[Spread, str]]:
    cells = _cells(task, test_set, entry)
    seeds, folds = (sorted({cell[axis] for cell in cells}) for axis in (0, 1))
    scores = {cell: _score(metric, replicate, weights) for cell, replicate in cells.items()}
    grid = np.stack([np.stack([scores[s, f] for f in folds]) for s in seeds])  # (S, F, 1 + B)
    by_seed = np.array([_whole(test_set, entry, metric, i, len(seeds)) for i in range(len(seeds))])
    return _seeds(by_seed), _folds(grid, tested_apart=_tested_apart(test_set, entry, len(seeds)))


def _cells(task: TaskResult, test_set: TestSet, entry: str) -> dict[tuple[int, int], Replicate]:
    """Return (seed, fold) -> what that one model said."""
    mine = task.predictions[task.predictions["entry"] == entry]
    seeds = sorted(mine["seed"].unique())
    per_seed = len(test_set.replicates[entry]) // len(seeds)
    cells = {}
    for i, replicate in enumerate(test_set.replicates[entry]):
        for fold in np.unique(replicate.fold):
            cells[int(seeds[i // per_seed]), int(fold)] = _rows(replicate, replicate.fold == fold)
    return cells


def _rows(replicate: Replicate, kept: NDArray[np.bool_]) -> Replicate:
    return Replicate(replicate.y[kept], replicate.proba[kept], replicate.patient[kept], replicate.fold[kept])


def _score(metric: Metric, replicate: Replicate, weights: NDArray[np.uint16]) -> Floats:
    rows = weights[replicate.patient].astype(np.float64).T
    extra = {"fold": replicate.fold} if metric.within_fold else {}
    return metric.function(replicate.y, replicate.proba, rows, **extra)


def _tested_apart(test_set: TestSet, entry: str, n_seeds: int) -> bool:
    return len(test_set.replicates[entry]) == n_seeds


def _whole(test_set: TestSet, entry: str, metric: Metric, seed: int, n_seeds: int) -> float:
    """Return the score of one seed on the whole test set, mean over its models where each predicts all of it."""
    replicates = test_set.replicates[entry]
    per_seed = len(replicates) // n_seeds
    ones = np.ones((len(test_set.patients), 1), dtype=np.uint16)
    return float(np.mean([_score(metric, r, ones)[0] for r in replicates[seed * per_seed : (seed + 1) * per_seed]]))


def _seeds(scores: Floats) -> tuple[Spread, str]:
    known = scores[~np.isnan(scores)]
    if len(known) < 2:
        return Spread(math.nan, math.nan, math.nan, len(known)), "one seed" if len(known) else "not evaluable"
    return Spread(*_with_interval(float(np.var(known, ddof=1)), 0.0, len(known)), len(known)), ""


def _folds(grid: Floats, *, tested_apart: bool) -> tuple[Spread, str]:
    """Take from the variance between folds (S, F, 1 + B) what seeds, and different test patients, put there."""
    known = grid[:, ~np.isnan(grid[..., 0]).any(axis=0)]
    n_seeds, n_folds = known.shape[:2]
    if n_folds < 2:
        return Spread(math.nan, math.nan, math.nan, n_folds), "one fold" if grid.shape[1] < 2 else "not evaluable"
    means = known.mean(axis=0)
    chance = float(np.nanvar(means[:, 1:], axis=1, ddof=1).mean()) if tested_apart and means.shape[1] > 2 else 0.0
    training = float(np.var(known[..., 0], axis=0, ddof=1).mean()) / n_seeds if n_seeds > 1 else 0.0
    note = "" if n_seeds > 1 else "one seed: what training adds is in here"
    return Spread(*_with_interval(float(np.var(means[:, 0], ddof=1)), chance + training, n_folds), n_folds), note


def _with_interval(observed: float, explained: float, count: int) -> tuple[float, float, float]:
    """Return root of (observed - explained) and of its chi-square bounds, none below 0."""
    free = count - 1
    bounds = observed * float(ratio(np.array(free), chi2.ppf(0.975, free))), observed * free / chi2.ppf(0.025, free)
    value, low, high = (math.sqrt(max(0.0, one - explained)) for one in (observed, *bounds))
    return value, low, high
