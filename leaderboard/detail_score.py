"""One task's predictions in, one long table of detailed scores out: by class, at patient and specimen level."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from leaderboard.bootstrap import BLOCK, Floats, draw, interval, reflected
from leaderboard.detail_metrics import DETAILS, Detail
from leaderboard.results import TaskResult
from leaderboard.testsets import Level, Replicate, TestSet, test_sets

COLUMNS = ["task", "entry", "test_set", "level", "metric", "class", "value", "low", "high", "n_patients", "n_specimens"]


def detail(task: TaskResult, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Score every complete entry of a checked task on every metric of ``DETAILS``, with 95 % intervals.

    The specimen level is given where a patient has several specimens; patients are what is resampled at both levels.

    Returns:
        Long table with ``COLUMNS``; ``class`` is "" for a score of all classes together. NaN: not evaluable.
    """
    levels: tuple[Level, ...] = ("patient", "specimen") if _has_several(task) else ("patient",)
    frames = [
        _entry(task, test_set, level, entry, replicates, resamples, seed)
        for level in levels
        for test_set in test_sets(task, level)
        for entry, replicates in test_set.replicates.items()
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)


def _has_several(task: TaskResult) -> bool:
    pairs = task.predictions[["patient", "specimen"]].drop_duplicates()
    return bool(pairs["patient"].duplicated().any())


def _entry(
    task: TaskResult,
    test_set: TestSet,
    level: Level,
    entry: str,
    replicates: Sequence[Replicate],
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    rng = np.random.default_rng([seed, zlib.crc32(f"{task.name}/{test_set.name}".encode())])
    weights = draw(test_set.strata, resamples, rng)
    rows = []
    for metric in DETAILS.values():
        scores = _mean(np.stack([_score(metric, replicate, weights) for replicate in replicates]))
        low, high = reflected(scores[0], scores[1:].T) if metric.inflated else interval(scores[1:].T)
        names = _classes(task) if metric.per_class else ("",)
        rows += [(metric.name, *row) for row in zip(names, scores[0], low, high, strict=True)]
    table = pd.DataFrame(rows, columns=["metric", "class", "value", "low", "high"])
    sizes = {"n_patients": len(test_set.patients), "n_specimens": test_set.n_specimens}
    return table.assign(task=task.name, entry=entry, test_set=test_set.name, level=level, **sizes)[COLUMNS]


def _classes(task: TaskResult) -> tuple[str, ...]:
    """Return the class of each column as test sets have them: the positive one of two is the second."""
    return task.classes[::-1] if task.positive == 0 else task.classes


def _mean(scores: Floats) -> Floats:
    """Return the mean over replicates (R, 1 + B, C) of those that can be evaluated; NaN where none can."""
    known = ~np.isnan(scores)
    total = np.where(known, scores, 0.0).sum(axis=0)
    return np.divide(total, known.sum(axis=0), out=np.full(total.shape, np.nan), where=known.any(axis=0))


def _score(metric: Detail, replicate: Replicate, weights: np.ndarray) -> Floats:
    """Return (1 + B, K), or (1 + B, 1) for a score of all classes together."""
    step = max(1, BLOCK // max(1, len(replicate.y)))
    blocks = []
    for start in range(0, weights.shape[1], step):
        rows = weights[replicate.patient, start : start + step].astype(np.float64).T
        extra = {"fold": replicate.fold} if metric.within_fold else {}
        blocks.append(metric.function(replicate.y, replicate.proba, rows, **extra).reshape(len(rows), -1))
    return np.concatenate(blocks)
