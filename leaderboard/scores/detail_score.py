"""One task's predictions in, one long table of detailed scores out: by class, at patient and specimen level."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from leaderboard.inference import BLOCK, Floats, draw, interval, reach, reflected
from leaderboard.measures import (
    DETAILS,
    Detail,
    Share,
    at_bound,
    clopper_pearson,
    few_patients,
    most_at_bound,
    most_effective,
    read_only,
    share_interval,
    unmoved,
)
from leaderboard.records import (
    FEW,
    ClassSizes,
    Level,
    Replicate,
    TaskResult,
    TestSet,
    class_sizes,
    one_answer,
    test_sets,
)

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
    weights, sizes = draw(test_set.strata, resamples, rng), class_sizes(test_set, len(task.classes))
    few, fixed = few_patients(replicates), one_answer(replicates)
    found = [_scores(replicate, weights) for replicate in replicates]
    rows = []
    for metric, *parts in zip(DETAILS.values(), *found, strict=True):
        scores = _mean(np.stack(parts))
        wide = reach(test_set.strata, patient_mean=metric.share == "answered")
        low, high = _bounds(metric, scores, wide, sizes, few=few, fixed=fixed)
        names = _classes(task) if metric.per_class else ("",)
        rows += [(metric.name, *row) for row in zip(names, scores[0], low, high, strict=True)]
    table = pd.DataFrame(rows, columns=["metric", "class", "value", "low", "high"])
    count = {"n_patients": len(test_set.patients), "n_specimens": test_set.n_specimens}
    return table.assign(task=task.name, entry=entry, test_set=test_set.name, level=level, **count)[COLUMNS]


def _bounds(
    metric: Detail, scores: Floats, wide: float, sizes: ClassSizes, *, few: bool, fixed: bool
) -> tuple[Floats, Floats]:
    """Return the interval of scores (1 + B, C) from rows and patients of each class.

    Sensitivity and specificity of fewer than 10 patients, one row each, and those at 0 or 1 have the exact binomial
    interval of these patients. Several seeds of a patient count as one, with the mean of their answers; so do
    specimens that are all right or all wrong, or where few patients say how they go together (``few_patients``).
    """
    values, samples = scores[0], scores[1:].T
    if metric.inflated:
        return reflected(values, samples, wide)
    if not metric.share:
        return interval(samples, wide, metric.bounds)
    rows, patients = _most(metric, sizes)
    silent = few | at_bound(values) | unmoved(samples)
    most = np.where(silent, np.minimum(rows, patients), rows)
    share = share_interval(values, samples, wide, most, fixed=fixed)
    if metric.share not in ("own", "others"):
        return share
    exact = clopper_pearson(values * patients, patients)
    by_binomial = ((patients < FEW) & (rows == patients)) | at_bound(values)
    low, high = (np.where(by_binomial, *pair) for pair in zip(exact, share, strict=True))
    return low, high


def _most(metric: Detail, sizes: ClassSizes) -> tuple[Floats, Floats]:
    """Return how many answers each score can be worth, counting rows and counting patients, float64 (C,) each."""
    own, rest = sizes.rows, sizes.rows.sum() - sizes.rows
    if metric.share == "own":
        return own.astype(np.float64), sizes.patients.astype(np.float64)
    if metric.share == "others":
        return rest.astype(np.float64), sizes.others.astype(np.float64)
    if metric.share == "both":
        rows, patients = (
            np.array([most_effective("comparisons", np.array(pair)) for pair in zip(*pairs, strict=True)])
            for pairs in ((own, rest), (sizes.patients, sizes.others))
        )
        return rows, np.minimum(patients, sizes.distinct)
    share: Share = "patients" if metric.share == "answered" else "comparisons"
    found = np.array([most_effective(share, own), most_at_bound(share, sizes)]) * metric.answered
    return found[:1], found[1:]


def _classes(task: TaskResult) -> tuple[str, ...]:
    """Return the class of each column as test sets have them: the positive one of two is the second."""
    return task.classes[::-1] if task.positive == 0 else task.classes


def _mean(scores: Floats) -> Floats:
    """Return the mean over replicates (R, 1 + B, C) of those that can be evaluated; NaN where none can."""
    known = ~np.isnan(scores)
    total = np.where(known, scores, 0.0).sum(axis=0)
    return np.divide(total, known.sum(axis=0), out=np.full(total.shape, np.nan), where=known.any(axis=0))


def _scores(replicate: Replicate, weights: np.ndarray) -> list[Floats]:
    """Return for each of ``DETAILS`` (1 + B, K), or (1 + B, 1) for a score of all classes together."""
    step = max(1, BLOCK // max(1, len(replicate.y)))
    blocks = []
    for start in range(0, weights.shape[1], step):
        rows = read_only(weights[replicate.patient, start : start + step].astype(np.float64).T)
        blocks.append([_score(metric, replicate, rows) for metric in DETAILS.values()])
    return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]


def _score(metric: Detail, replicate: Replicate, rows: Floats) -> Floats:
    extra = {"fold": replicate.fold} if metric.within_fold else {}
    return metric.function(replicate.y, replicate.proba, rows, **extra).reshape(len(rows), -1)
