"""One task's predictions in, one long table of scores out."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.inference import Floats, distribution, draw, reach, with_drawn_seeds
from leaderboard.measures import Metric, few_patients, metrics_for, most_at_bound, most_effective
from leaderboard.records import (
    IN_DOMAIN,
    SHIFTED,
    WORST,
    Replicate,
    TaskResult,
    TestSet,
    check,
    class_sizes,
    one_answer,
    test_sets,
)
from leaderboard.scores.rows import Facts, rows


def score(task: TaskResult, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Score every entry of a task on every test set, with 95 % intervals and ties.

    Patients are the unit: probabilities are averaged over a patient's specimens before anything is scored.
    Folds that divide a test set between them (cross-validation) are pooled within a seed, and seeds averaged; where
    several folds' models predict the same specimens (a shifted set), each model is scored and models are averaged. With
    two or more shifted sets, "all shifted" takes their patients together and "worst domain" is, metric by metric, the
    worst of them, also within each resample. One set of resamples serves all entries, so differences are paired.

    Args:
        task: Predictions and trials.
        resamples: B, number of bootstrap resamples.
        seed: Of the resamples; same inputs and seed give the same table.

    Returns:
        Long table: task, entry, test_set, metric, value, low, high, n_patients, n_specimens, tie (dense group within
        task x test_set x metric, <NA> where not ranked), vs_prior (1 better than ``prior`` beyond the paired interval,
        -1 worse, 0 neither, <NA> unknown), floor (smallest difference that these patients can show between two typical
        entries that are no controls; the same in all rows of a test set and metric), comparable (may be ranked:
        complete, evaluable, not stale), note.

    Raises:
        ValueError: The tables are malformed, or entries were not tested on the same specimens.
    """
    check(task)
    metrics = metrics_for(len(task.classes))
    sets = test_sets(task)
    scores = [resampled(task, test_set, metrics, resamples, seed) for test_set in sets]
    tables = [
        rows(task, test_set.name, metrics, scored, facts(task, test_set, metrics))
        for test_set, scored in zip(sets, scores, strict=True)
    ]
    shifted = [i for i, test_set in enumerate(sets) if test_set.name not in (IN_DOMAIN, SHIFTED)]
    if len(shifted) > 1:
        tables.append(_worst(task, metrics, [sets[i] for i in shifted], np.stack([scores[i] for i in shifted])))
    if not sets:  # nothing is done: the entries are still listed
        shape = (len(task.entries), len(metrics))
        zeros = np.zeros(shape, dtype=np.int64)
        ones, no = np.ones(shape), np.zeros(shape, dtype=bool)
        nothing = Facts(zeros, zeros, np.full(shape, "", dtype=object), ones, ones, ones, ones, no, no)
        tables = [rows(task, IN_DOMAIN, metrics, np.full((*shape, 1 + resamples), np.nan), nothing)]
    return pd.concat(tables, ignore_index=True)


def resampled(task: TaskResult, test_set: TestSet, metrics: Sequence[Metric], resamples: int, seed: int) -> Floats:
    """Return scores on shared resamples, float64 (n_entries, M, 1 + B); NaN for holes, column 0 is the estimate.

    Each resample draws patients, the same for all entries, and an entry's seeds where it has several: a difference
    that another training would undo is no difference.
    """
    rng = np.random.default_rng([seed, zlib.crc32(f"{task.name}/{test_set.name}".encode())])
    weights = draw(test_set.strata, resamples, rng)
    scores = np.full((len(task.entries), len(metrics), 1 + resamples), np.nan)
    for i, entry in enumerate(task.entries):
        if entry in test_set.replicates:
            by_seed = _by_seed(test_set.replicates[entry], metrics, weights)
            picks = [seed, zlib.crc32(f"{task.name}/{test_set.name}/seeds".encode())]  # equal entries stay equal
            scores[i] = [with_drawn_seeds(by_seed[:, m], np.random.default_rng(picks)) for m in range(len(metrics))]
    return scores


def _by_seed(replicates: Sequence[Replicate], metrics: Sequence[Metric], weights: NDArray[np.uint16]) -> Floats:
    """Return each seed's scores, the mean over its models, float64 (S, M, 1 + B)."""
    seeds = sorted({replicate.seed for replicate in replicates})
    return np.stack([distribution([r for r in replicates if r.seed == s], metrics, weights) for s in seeds])


def facts(task: TaskResult, test_set: TestSet, metrics: Sequence[Metric]) -> Facts:
    """Return what intervals of the scores of all entries on one test set need, arrays (n_entries, n_metrics)."""
    shape = (len(task.entries), len(metrics))
    sizes = class_sizes(test_set, len(task.classes))
    of = [test_set.replicates.get(entry, ()) for entry in task.entries]
    by_metric = {
        "reach": [reach(test_set.strata, patient_mean=metric.patient_mean) for metric in metrics],
        "most": [most_effective(metric.share, sizes.rows) for metric in metrics],
        "most_at_best": [most_at_bound(metric.share, sizes) for metric in metrics],
        "most_at_worst": [most_at_bound(metric.share, sizes, worst=True) for metric in metrics],
    }
    by_entry = {"few": [few_patients(replicates) for replicates in of], "fixed": [one_answer(r) for r in of]}
    return Facts(
        n_patients=np.full(shape, len(test_set.patients)),
        n_specimens=np.full(shape, test_set.n_specimens),
        note=np.full(shape, "; ".join(test_set.notes), dtype=object),
        **{name: np.broadcast_to(figures, shape) for name, figures in by_metric.items()},
        **{name: np.broadcast_to(np.array(flags)[:, None], shape) for name, flags in by_entry.items()},
    )


def _worst(task: TaskResult, metrics: Sequence[Metric], sets: Sequence[TestSet], scores: Floats) -> pd.DataFrame:
    """Reduce (n_domains, n_entries, M, 1 + B) to the worst domain among those that can be evaluated."""
    sign = np.array([1.0 if metric.higher_is_better else -1.0 for metric in metrics])[:, None]
    lowest = np.where(np.isnan(scores), np.inf, scores * sign).min(axis=0)
    worst = np.where(np.isinf(lowest), np.nan, lowest) * sign
    which = np.where(np.isnan(scores[..., 0]), np.inf, scores[..., 0] * sign[:, 0]).argmin(axis=0)
    entry, column = np.indices(which.shape)
    own = [facts(task, s, metrics) for s in sets]
    limits = {
        name: np.stack([getattr(one, name) for one in own])[which, entry, column]
        for name in ("reach", "most", "most_at_best", "most_at_worst", "few", "fixed")
    }
    limited = Facts(
        n_patients=np.array([len(s.patients) for s in sets])[which],
        n_specimens=np.array([s.n_specimens for s in sets])[which],
        note=np.array([f"worst is {s.name}" for s in sets], dtype=object)[which],
        **limits,
    )
    return rows(task, WORST, metrics, worst, limited)
