"""Is a model less sure of patients whose class it never saw: OOD AUROC and its relatives."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.inference import Floats, clustered, draw, reach, shared_weights, summary
from leaderboard.measures import at_bound, clopper_pearson, most_effective, ratio, share_interval
from leaderboard.questions.oracle_distance import entropy, posterior
from leaderboard.records import (
    DIGITS,
    FEW,
    IN_DOMAIN,
    MODEL,
    OOD,
    SHIFTED,
    Replicate,
    TaskResult,
    TestSet,
    averaged,
    check_valid,
    hole_notes,
    one_answer,
    proba_columns,
    test_sets,
)

REFERENCE = "Bayes posterior"
METRICS = ("ood_auroc", "fpr95", "ood_aupr", "unseen_share", "mean_unseen", "mean_known")
COLUMNS = [
    "task", "entry", "unseen", "test_set", "score", "metric", "value", "low", "high", "n_unseen", "n_patients", "note",
]  # fmt: skip
_FLAGGED = 0.95
_SLACK = 1e-9  # a share that is exactly the limit must pass it


def doubt(proba: Floats) -> Floats:
    """Return one minus the largest probability of each row (n, K), (n,).

    Reference: D. Hendrycks and K. Gimpel, A baseline for detecting misclassified and out-of-distribution examples in
    neural networks, 2017.
    """
    return 1 - proba.max(axis=1)


SCORES: dict[str, Callable[[Floats], Floats]] = {"1 - max probability": doubt, "entropy": entropy}
_NAMES = [(score, metric) for score in SCORES for metric in METRICS]


def ood(task: TaskResult, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Score how well each entry's lack of confidence tells patients of an unseen class from known test patients.

    The unseen are the positives. Within a fold its model's unseen patients meet the patients that it was tested on;
    folds are averaged by their known patients, seeds evenly. What a fold's model says of the unseen in domains that it
    does not test in a test set is left out, specimen by specimen, unless that is everything. Metrics, for each of
    ``SCORES``:

    "ood_auroc": chance that an unseen patient has the higher score than a known one; ties count one half. "fpr95":
    share of known patients whose score reaches the highest threshold that at least 95 % of the unseen reach, ties
    reaching it together, nothing interpolated; so 1 where the score is constant. "ood_aupr": average precision, beside
    "unseen_share", the share of unseen among the patients compared, which a constant score has. "mean_unseen",
    "mean_known": mean score. Resamples draw known patients within class and domain, as everywhere, and unseen ones.
    "ood_auroc" has the interval of ``share_interval``, "fpr95" of 0 or 1 that of Clopper and Pearson for the known, the
    others expanded percentiles; what is constant is certain. With one unseen or one known patient nothing has one.

    Returns:
        Long table with ``COLUMNS``; NaN and a note for an entry with a hole. On a cohort whose posterior over the known
        classes is known for unseen specimens, too, ``REFERENCE`` is one more entry. Without rows where nothing is
        unseen.

    Raises:
        ValueError: If the validation part or the posterior cannot be used.
    """
    made = [row for part in unseen_classes(task) for row in _of_class(part, resamples, seed)]
    return pd.DataFrame(made, columns=COLUMNS)


def unseen_classes(task: TaskResult) -> Iterator[TaskResult]:
    """Yield the task with the predictions of one unseen class at a time, classes in the order of their names."""
    if task.ood is not None:
        for _, part in task.ood.groupby("role", sort=True):
            yield replace(task, ood=part.reset_index(drop=True))


def unseen_table(task: TaskResult) -> pd.DataFrame:
    """Return the predictions of one of ``unseen_classes``."""
    if task.ood is None or task.ood.empty:
        raise ValueError(f"task {task.name!r} has no predictions of an unseen class")
    return task.ood


def unseen_name(task: TaskResult) -> str:
    """Return the name of the unseen class of one of ``unseen_classes``."""
    return str(unseen_table(task)["role"].iloc[0]).removeprefix(OOD)


def unseen_weights(task: TaskResult, resamples: int, seed: int) -> tuple[NDArray[np.str_], NDArray[np.uint16]]:
    """Return the sorted unseen patients (n,) and how often each is in each resample, (n, 1 + B)."""
    patients = np.unique(unseen_table(task)["patient"].to_numpy(dtype=str))
    rng = np.random.default_rng([seed, zlib.crc32(f"{task.name}/{OOD}{unseen_name(task)}".encode())])
    return patients, draw(np.zeros(len(patients), dtype=np.int64), resamples, rng)


def with_reference(task: TaskResult) -> tuple[TaskResult, dict[str, str]]:
    """Return one of ``unseen_classes`` with the Bayes posterior as an entry, and entry -> why it cannot be scored."""
    holes, table = _holes(task), unseen_table(task)
    truth, hosts = posterior(task), [entry for entry in task.entries if entry not in holes]
    known = pd.DataFrame() if truth is None else truth.dropna()
    if not table["specimen"].isin(known.index).any() or not hosts:
        return task, holes
    host = task.trials[task.trials["entry"] == hosts[0]]
    seed = host["seed"].iloc[0]
    parts = [t[(t["entry"] == hosts[0]) & (t["seed"] == seed)] for t in (task.predictions, table)]
    if not all(part["specimen"].isin(known.index).all() for part in parts):
        return task, {**holes, REFERENCE: "the posterior of some specimen is not known"}
    mine = [_told(task, part, known) for part in parts]
    trials = host[host["seed"] == seed].assign(entry=REFERENCE, stale=False)
    predictions, ood_rows, planned = (
        pd.concat(both, ignore_index=True)
        for both in ((task.predictions, mine[0]), (table, mine[1]), (task.trials, trials))
    )
    return replace(task, predictions=predictions, ood=ood_rows, trials=planned), holes


def _told(task: TaskResult, table: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    chances = known.loc[table["specimen"]].to_numpy(dtype=np.float64)
    return table.assign(entry=REFERENCE, **dict(zip(proba_columns(task), chances.T, strict=True)))


def _holes(task: TaskResult) -> dict[str, str]:
    """Return entry -> what is missing: planned trials, or what some of its models say of the unseen class."""
    found = hole_notes(task)
    given = pd.MultiIndex.from_frame(unseen_table(task)[MODEL])
    for entry, planned in task.trials.groupby("entry"):
        lost = int((~pd.MultiIndex.from_frame(planned[MODEL]).isin(given)).sum())
        if lost and entry not in found:
            found[str(entry)] = f"hole: {lost} of {len(planned)} models did not predict patients of {unseen_name(task)}"
    return found


def _of_class(task: TaskResult, resamples: int, seed: int) -> Iterator[tuple[object, ...]]:
    check_valid(task)
    told, holes = with_reference(task)
    patients, drawn = unseen_weights(told, resamples, seed)
    unseen, entries = unseen_name(told), dict.fromkeys([*told.entries, *holes])
    for test_set in test_sets(told):
        table, note = _compared(told, test_set)
        near, by_entry = np.isin(patients, table["patient"].to_numpy(dtype=str)), dict(iter(table.groupby("entry")))
        weights = np.vstack([shared_weights(told, test_set, resamples, seed), drawn[near]])
        wide = reach(np.concatenate([test_set.strata, np.full(int(near.sum()), -1)]))
        sizes = (int(near.sum()), len(test_set.patients))
        for entry in entries:
            figures, why = [(np.nan,) * 3] * len(_NAMES), holes.get(entry, note)
            if entry not in holes:
                mine = by_entry.get(entry, table.iloc[:0])
                both = [_beside(told, r, mine, test_set, patients[near]) for r in test_set.replicates[entry]]
                scores = clustered(_statistics, both, weights).T
                figures = list(_figures(scores, wide, sizes, len(told.classes), fixed=one_answer(both)))
            for name, figure in zip(_NAMES, figures, strict=True):
                yield (task.name, entry, unseen, test_set.name, *name, *figure, *sizes, why)


def _figures(
    scores: Floats, wide: float, sizes: tuple[int, int], n_classes: int, *, fixed: bool
) -> Iterator[tuple[float, float, float]]:
    """Yield value and bounds of each of ``_NAMES``; NaN where nobody else tells how much one patient counts for."""
    most = most_effective("comparisons", np.array(sizes))
    for (score, metric), samples in zip(_NAMES, scores, strict=True):
        value = float(samples[0])
        if min(sizes) < 2 or np.isnan(value):
            yield value, np.nan, np.nan
        elif metric == "ood_auroc":
            lows, highs = share_interval(samples[:1], samples[None, 1:], wide, most, fixed=fixed)
            yield value, float(lows[0]), float(highs[0])
        elif metric == "fpr95" and at_bound(samples[:1])[0] and not fixed:
            low, high = clopper_pearson(np.array(round(value) * sizes[1]), np.array(sizes[1]))
            yield value, float(low), float(high)
        else:
            worst = SCORES[score](np.full((1, n_classes), 1 / n_classes)).round(DIGITS)
            yield summary(samples, wide, (0, float(worst[0]) if metric.startswith("mean") else 1))


def _compared(task: TaskResult, test_set: TestSet) -> tuple[pd.DataFrame, str]:
    """Return the unseen that meet a test set, averaged as its patients are, and what makes figures less than they seem.

    A model's unseen meet its known of the same domain: another site alone can make a model less sure.
    """
    told, predictions = unseen_table(task), task.predictions
    tested = predictions[_is_of(test_set.name, predictions["role"])]
    cells = tested[[*MODEL, "domain", "role"]].drop_duplicates()
    near = told.drop(columns="role").merge(cells, on=[*MODEL, "domain"])
    if near.empty:
        notes = ["no unseen patient is of a domain of this test set, and a foreign domain alone can cost confidence"]
        near = told
    else:
        notes = _left_out(told, tested, near)
    notes += _too_few(unseen_name(task), near["patient"].nunique(), len(test_set.patients))
    return averaged(task, near), "; ".join(notes)


def _is_of(test_set: str, roles: pd.Series) -> pd.Series:
    """Return which rows are of the test set that ``testsets.test_sets`` names so."""
    if test_set in (IN_DOMAIN, SHIFTED):
        return (roles == "test") == (test_set == IN_DOMAIN)
    return roles == f"test:{test_set}"


def _left_out(told: pd.DataFrame, tested: pd.DataFrame, near: pd.DataFrame) -> list[str]:
    n, folds = told["patient"].nunique(), tested["fold"].nunique()
    rest, idle = n - near["patient"].nunique(), folds - near["fold"].nunique()
    notes = {
        f"{rest} of {n} unseen patients, of domains that this test set lacks, are left out": rest,
        f"{idle} of {folds} folds, without unseen patients of the domains that they test, are left out": idle,
    }
    return [note for note, count in notes.items() if count]


def _too_few(unseen: str, n_unseen: int, n_known: int) -> list[str]:
    if n_unseen == 1 or n_known == 1:
        which = f"class {unseen} has 1 patient" if n_unseen == 1 else "1 known patient is tested"
        return [f"{which}: no interval can be told"]
    if n_unseen < FEW:
        whose = "the intervals of FPR at 95 % TPR, AUPR and means are unreliable"
        return [f"class {unseen} has {n_unseen} patients, fewer than {FEW}: {whose}"]
    return []


def _beside(
    task: TaskResult, replicate: Replicate, unseen: pd.DataFrame, test_set: TestSet, patients: NDArray[np.str_]
) -> Replicate:
    """Return a replicate's rows, y = 0, above what the same models say of the unseen, y = 1."""
    chosen = (unseen["seed"] == replicate.seed) & unseen["fold"].isin(replicate.fold)
    mine = unseen[chosen & unseen["patient"].isin(patients)]
    rank = np.searchsorted(patients, mine["patient"].to_numpy(dtype=str)) + len(test_set.patients)
    proba = mine[proba_columns(task)].to_numpy(dtype=np.float64).round(DIGITS)
    return Replicate(
        y=np.repeat(np.array([0, 1]), [len(replicate.y), len(mine)]),
        proba=np.vstack([replicate.proba, proba]),
        patient=np.concatenate([replicate.patient, rank]),
        fold=np.concatenate([replicate.fold, mine["fold"].to_numpy(dtype=np.int64)]),
        seed=replicate.seed,
    )


def _statistics(replicate: Replicate, weights: Floats) -> Floats:
    """Return ``METRICS`` of each of ``SCORES`` on every resample, (B, scores x metrics)."""
    scores = [score(replicate.proba).round(DIGITS) for score in SCORES.values()]
    return np.hstack([_over_folds(score, replicate, weights) for score in scores])


def _over_folds(score: Floats, replicate: Replicate, weights: Floats) -> Floats:
    total, mass = np.zeros((2, len(weights), len(METRICS)))
    for fold in np.unique(replicate.fold):
        rows = np.flatnonzero(replicate.fold == fold)
        is_unseen = replicate.y[rows] == 1
        read = readings(score[rows], is_unseen, weights[:, rows])
        known = np.where(np.isnan(read), 0.0, weights[:, rows] @ ~is_unseen[:, None])
        total += known * np.nan_to_num(read)
        mass += known
    return ratio(total, mass)


def readings(score: Floats, is_unseen: NDArray[np.bool_], weights: Floats) -> Floats:
    """Return ``METRICS`` of one model on every resample.

    Args:
        score: Higher for the less sure, (n,).
        is_unseen: Which rows are of the unseen class, (n,).
        weights: How often each resample holds each row, float (B, n).

    Returns:
        float64 (B, len(METRICS)); NaN where a resample lacks known or unseen rows.
    """
    true, false = _reached(score, is_unseen, weights)
    unseen, known = true[:, -1:], false[:, -1:]
    won = (np.diff(false, axis=1) * (true[:, 1:] + true[:, :-1]) / 2).sum(axis=1)
    reached = true >= _FLAGGED * unseen - _SLACK
    first = reached.argmax(axis=1)[:, None]
    figures = np.stack(
        [
            ratio(won, (unseen * known)[:, 0]),
            ratio(np.take_along_axis(false, first, 1), known)[:, 0],
            _precision(true, false),
            ratio(unseen, unseen + known)[:, 0],
            ratio(weights @ (score * is_unseen), unseen[:, 0]),
            ratio(weights @ (score * ~is_unseen), known[:, 0]),
        ],
        axis=1,
    )
    return np.where((unseen > 0) & (known > 0), figures, np.nan)


def _reached(score: Floats, is_unseen: NDArray[np.bool_], weights: Floats) -> tuple[Floats, Floats]:
    """Return the weight of unseen and of known rows at or above each threshold, highest first, (B, thresholds + 1)."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.diff(score[order], append=-np.inf) != 0)
    ranked, told = weights[:, order], is_unseen[order]
    sums = (np.cumsum(ranked * kind, axis=1)[:, ends] for kind in (told, ~told))
    true, false = (np.pad(total, ((0, 0), (1, 0))) for total in sums)
    return true, false


def _precision(true: Floats, false: Floats) -> Floats:
    """Return the area under the steps of precision over recall, (B,)."""
    precision = np.nan_to_num(ratio(true, true + false))[:, 1:]
    return ratio((np.diff(true, axis=1) * precision).sum(axis=1), true[:, -1])
