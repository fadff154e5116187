"""Net benefit: what acting on an entry's probability of a class is worth at each threshold a clinic might hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leaderboard.inference import Floats, clustered, interval, reach, shared_weights
from leaderboard.measures import Ints, ratio
from leaderboard.records import Replicate, TaskResult, test_sets

THRESHOLDS = np.arange(1, 31) / 100
TREAT_ALL, TREAT_NONE = "treat all", "treat none"
COLUMNS = [
    "task", "entry", "test_set", "class", "threshold", "value", "low", "high", "gain", "gain_low", "gain_high",
    "n_patients",
]  # fmt: skip


def net_benefit(positive: Ints, chance: Floats, weights: Floats, thresholds: Floats = THRESHOLDS) -> Floats:
    """Return TP / n - FP / n * pt / (1 - pt) when all with a chance of at least pt are treated, (B, thresholds).

    Reference: A. Vickers and E. Elkin, Decision curve analysis, 2006.

    Args:
        positive: Who has the class, bool (n,).
        chance: Predicted, float (n,).
        weights: float (B, n).
        thresholds: pt in (0, 1), float (T,).
    """
    treated = chance[:, None] >= thresholds
    worth = np.where(positive[:, None], 1.0, -thresholds / (1 - thresholds)) * treated
    return ratio(weights @ worth, weights.sum(axis=1)[:, None])


def benefit(task: TaskResult, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Score the decision "treat as this class" at thresholds .01 to .30, for the positive class or for each of many.

    Returns:
        Long table with ``COLUMNS``. The references "treat all" and "treat none" are entries; ``gain`` is paired, over
        the better of the two at that threshold in each resample. NaN in a test set without a patient of the class.
    """
    chosen = {1: task.classes[task.positive]} if task.positive is not None else dict(enumerate(task.classes))
    rows: list[tuple[object, ...]] = []
    for test_set in test_sets(task):
        weights, n = shared_weights(task, test_set, resamples, seed), len(test_set.patients)
        wide = reach(test_set.strata)
        for k, name in chosen.items():
            for entry, replicates in test_set.replicates.items():
                scores = clustered(lambda r, w, k=k: _three(r, w, k), replicates, weights)  # type: ignore[misc]
                own, everyone = np.split(scores, 2, axis=1)
                best = np.maximum(everyone, 0.0)
                rows += _curve((task.name, entry, test_set.name, name), own, own - best, n, wide)
            if test_set.replicates:
                rows += _curve((task.name, TREAT_ALL, test_set.name, name), everyone, everyone - best, n, wide)
                rows += _curve((task.name, TREAT_NONE, test_set.name, name), everyone * 0, -best, n, wide)
    return pd.DataFrame(rows, columns=COLUMNS)


def _three(replicate: Replicate, weights: Floats, k: int) -> Floats:
    positive = replicate.y == k
    own = net_benefit(positive, replicate.proba[:, k], weights)
    everyone = net_benefit(positive, np.ones(len(positive)), weights)
    there = (weights @ positive > 0)[:, None]
    return np.where(there, np.hstack([own, everyone]), np.nan)


def _curve(key: tuple[object, ...], scores: Floats, gains: Floats, n: int, wide: float) -> list[tuple[object, ...]]:
    columns = [scores[0], *interval(scores[1:].T, wide), gains[0], *interval(gains[1:].T, wide)]
    return [
        (*key, float(pt), *map(float, row), n) for pt, row in zip(THRESHOLDS, np.stack(columns, axis=1), strict=True)
    ]
