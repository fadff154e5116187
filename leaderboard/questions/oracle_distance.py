"""How far from the best possible: entries of a generated cohort against the generator's Bayes posterior."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import xlogy

from leaderboard.inference import Floats, clustered, interval, reach, shared_weights
from leaderboard.measures import EPS, headline, ratio
from leaderboard.records import (
    TOLERANCE,
    Replicate,
    ResultError,
    TaskResult,
    TestSet,
    hole_notes,
    proba_columns,
    test_sets,
)
from leaderboard.scores import CONTROL, resampled

ORACLE = "Bayes oracle"
COLUMNS = ["task", "entry", "test_set", "metric", "value", "low", "high", "n_patients", "note"]
OF_POSTERIOR = ("kl", "entropy", "kl_share", "true_calibration_error")
OF_SCORE = ("distance", "achieved")


def kl(oracle: Floats, proba: Floats) -> Floats:
    """Return KL(p* || p) of each row in nats, (n,); a probability below ``EPS`` counts as that, so it stays finite."""
    total: Floats = (xlogy(oracle, oracle) - oracle * np.log(np.maximum(proba, EPS))).sum(axis=1)
    return total


def entropy(oracle: Floats) -> Floats:
    """Return the entropy of each row in nats, (n,): what even the oracle's NLL costs."""
    total: Floats = -xlogy(oracle, oracle).sum(axis=1)
    return total


def oracle_distance(task: TaskResult, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Compare each complete entry with the Bayes posterior p* = ``task.specimens`` q0 .. q<K-1>, at patient level.

    Metrics: "kl", mean KL(p* || p), which is what the expected NLL exceeds "entropy", the irreducible part, by;
    "kl_share", the two as a ratio; "true_calibration_error", mean |p - p*| over patients and classes; "distance",
    oracle minus entry in the headline metric; "achieved", (entry - prior) / (oracle - prior) in it, NaN where the
    oracle is not above the prior. The posterior does not use the site, so an entry that learned a shortcut can beat it.

    Returns:
        Long table with ``COLUMNS``, the oracle being an entry; without rows where no posterior is known, NaN and a note
        where it is unknown for some specimen of a test set.
    """
    oracle = with_oracle(task)
    if oracle is None:
        return pd.DataFrame(columns=COLUMNS)
    rows: list[tuple[object, ...]] = []
    for test_set in test_sets(oracle):
        if ORACLE not in test_set.replicates:
            continue
        lacking = sum(int(np.isnan(r.proba).any(axis=1).sum()) for r in test_set.replicates[ORACLE])
        rows += _without(oracle, test_set) if lacking else _rows(oracle, test_set, resamples, seed)
    return pd.DataFrame(rows, columns=COLUMNS)


def with_oracle(task: TaskResult) -> TaskResult | None:
    """Return the task with the posterior as one more entry, ``ORACLE``; None where no posterior is known.

    Where nothing is done the task has no specimens to ask the oracle about, and is returned as it is.
    """
    truth = posterior(task)
    if truth is None:
        return None
    columns = proba_columns(task)
    known = truth.dropna()
    given = task.predictions.merge(known.rename(columns=dict(zip(truth.columns, columns, strict=True))), how="left",
                                   left_on="specimen", right_index=True, suffixes=("_entry", ""))  # fmt: skip
    return _as_entry(task, given[task.predictions.columns])


def posterior(task: TaskResult) -> pd.DataFrame | None:
    """Return q0 .. q<K-1> by specimen, or None where they are not known; ValueError where they are no distribution."""
    wanted = [f"q{k}" for k in range(len(task.classes))]
    if task.specimens is None or not set(wanted) <= set(task.specimens):
        return None
    table = task.specimens.set_index("specimen")[wanted].astype(float)
    values = table.to_numpy()
    off = (np.abs(values.sum(axis=1) - 1) > TOLERANCE) & ~np.isnan(values).any(axis=1)
    wrong = (values < 0).any(axis=1) | off | table.index.duplicated()
    if wrong.any():
        raise ResultError(f"the posterior of task {task.name!r} has rows twice or that are no distribution, first: "
                         f"{table.index[wrong][0]!r}")  # fmt: skip
    return table


def _as_entry(task: TaskResult, posterior: pd.DataFrame) -> TaskResult:
    """Return the task with the posterior as one more entry: one seed, tested where the first complete entry was."""
    holes = hole_notes(task)
    done = [entry for entry in task.entries if entry not in holes]
    if not done:
        return task
    first = task.trials[task.trials["entry"] == done[0]]
    seed = first["seed"].iloc[0]
    mine = posterior[(posterior["entry"] == first["entry"].iloc[0]) & (posterior["seed"] == seed)]
    trials = first[first["seed"] == seed].assign(entry=ORACLE, stale=False)
    return replace(
        task,
        predictions=pd.concat([task.predictions, mine.assign(entry=ORACLE)], ignore_index=True),
        trials=pd.concat([task.trials, trials], ignore_index=True),
    )


def _without(task: TaskResult, test_set: TestSet) -> list[tuple[object, ...]]:
    note, n = "the posterior of some specimen is not known", len(test_set.patients)
    metrics = (*OF_POSTERIOR, *OF_SCORE)
    entries = [entry for entry in test_set.replicates if entry != ORACLE]
    return [(task.name, e, test_set.name, m, np.nan, np.nan, np.nan, n, note) for e in entries for m in metrics]


def _rows(task: TaskResult, test_set: TestSet, resamples: int, seed: int) -> list[tuple[object, ...]]:
    metric = headline(len(task.classes))
    weights, n = shared_weights(task, test_set, resamples, seed), len(test_set.patients)
    scores = dict(zip(task.entries, resampled(task, test_set, (metric,), resamples, seed)[:, 0], strict=True))
    truth = _by_patient(test_set)
    told = []
    for entry, replicates in test_set.replicates.items():
        samples = clustered(lambda r, w: _of_posterior(truth, r, w), replicates, weights)
        samples = np.hstack([samples, _of_score(scores, entry)])
        low, high = interval(samples[1:].T, reach(test_set.strata))
        figures = zip((*OF_POSTERIOR, *OF_SCORE), samples[0], low, high, strict=True)
        told += [(task.name, entry, test_set.name, name, *map(float, row), n, "") for name, *row in figures]
    return told


def _by_patient(test_set: TestSet) -> dict[tuple[int, int], Floats]:
    """Return (patient, rank of the row among the patient's) -> posterior: several rows only where specimens count."""
    return {
        key: row
        for replicate in test_set.replicates[ORACLE]
        for key, row in zip(_keys(replicate), replicate.proba, strict=True)
    }


def _keys(replicate: Replicate) -> list[tuple[int, int]]:
    rank = pd.Series(replicate.patient).groupby(replicate.patient).cumcount()
    return list(zip(replicate.patient.tolist(), rank.tolist(), strict=True))


def _of_posterior(truth: dict[tuple[int, int], Floats], replicate: Replicate, weights: Floats) -> Floats:
    oracle = np.stack([truth[key] for key in _keys(replicate)])
    error = np.abs(replicate.proba - oracle).mean(axis=1)
    columns = np.stack([kl(oracle, replicate.proba), entropy(oracle), error], axis=1)
    means = ratio(weights @ columns, weights.sum(axis=1)[:, None])
    return np.stack([means[:, 0], means[:, 1], ratio(means[:, 0], means[:, 1]), means[:, 2]], axis=1)


def _of_score(scores: dict[str, Floats], entry: str) -> Floats:
    """Return distance and share achieved on every resample, (1 + B, 2)."""
    own, best = scores[entry], scores[ORACLE]
    prior = scores.get(CONTROL, np.full(len(own), np.nan))
    room = best - prior
    share = np.where(room > 0, ratio(own - prior, np.where(room > 0, room, 0.0)), np.nan)
    return np.stack([best - own, share], axis=1)
