"""Split conformal prediction: sets of classes that should hold the truth nine times out of ten, and whether they do."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.inference import Floats, clustered, interval, reach, shared_weights
from leaderboard.measures import Ints, clopper_pearson, ratio
from leaderboard.records import (
    FEW,
    NOBODY_KEPT,
    Replicate,
    TaskResult,
    TestSet,
    by_patient,
    models,
    proba_columns,
    test_sets,
)

ALPHA = 0.1
COLUMNS = [
    "task", "entry", "test_set", "method", "metric", "group", "value", "low", "high", "n_patients", "note",
]  # fmt: skip
_SLACK = 1e-9  # sums of probabilities differ in the last bit


def lac(proba: Floats) -> Floats:
    """Return how strange each class would be, (n, K): one minus its probability.

    Reference: M. Sadinle et al., Least ambiguous set-valued classifiers with bounded error levels, 2019.
    """
    return 1 - proba


def aps(proba: Floats) -> Floats:
    """Return how strange each class would be, (n, K): probability of all classes at least as likely, half its own off.

    The half stands for the random share of the paper, so that sets are reproducible and a class without a chance is
    stranger than a certain one; tied classes have one score. Reference: Y. Romano et al., Classification with valid and
    adaptive coverage, 2020.
    """
    at_least = proba[:, None, :] >= proba[:, :, None]
    total: Floats = (proba[:, None, :] * at_least).sum(axis=2) - proba / 2
    return total


SCORES: dict[str, Callable[[Floats], Floats]] = {"LAC": lac, "APS": aps}


def threshold(scores: Floats, alpha: float = ALPHA) -> float:
    """Return the ceil((n + 1)(1 - alpha))-th smallest held-out score; infinite where n is too small for it."""
    rank = math.ceil((len(scores) + 1) * (1 - alpha) - _SLACK)
    return float(np.sort(scores)[rank - 1]) if 0 < rank <= len(scores) else math.inf


def sets(score: Callable[[Floats], Floats], y: Ints, held: Floats, given: Floats) -> NDArray[np.bool_]:
    """Return which classes the set of each row of ``given`` holds, (m, K), learned from held-out rows (n, K)."""
    limit = threshold(score(held)[np.arange(len(y)), y])
    inside: NDArray[np.bool_] = score(given) <= limit + _SLACK
    return inside


def conformal(task: TaskResult, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Make prediction sets of 90 % for each test patient from the validation part of the same fold and score them.

    Metrics: "coverage" (over all patients, and by class and domain in ``group``), "set size" (mean number of classes),
    "singleton" and "empty" (shares of sets with one class and with none). With few or no misses a bootstrap cannot see
    the uncertainty, so shares of fewer than ten patients, and shares of 0 and 1, have the Clopper-Pearson interval.

    Returns:
        Long table with ``COLUMNS``; NaN and a note where no validation predictions were kept.
    """
    task = by_patient(task)
    tables = [_of_method(task, method, resamples, seed) for method in SCORES]
    return pd.concat(tables, ignore_index=True)


def _of_method(task: TaskResult, method: str, resamples: int, seed: int) -> pd.DataFrame:
    notes, parts = {}, [task.predictions.iloc[:0]]
    for entry in task.predictions["entry"].unique():
        pairs = models(task, entry)
        sizes = [len(valid) for _, valid in pairs]
        notes[entry] = _note(sizes)
        parts += [_members(task, test, valid, SCORES[method]) for test, valid in pairs if min(sizes) > 0]
        if not sizes or min(sizes) == 0:
            parts.append(task.predictions[task.predictions["entry"] == entry].assign(**_unknown(task)))
    columns = proba_columns(task)
    table = pd.concat([part.astype(dict.fromkeys(columns, float)) for part in parts], ignore_index=True)
    marked = replace(task, predictions=table)
    rows = [row for test_set in test_sets(marked) for row in _rows(task, method, test_set, notes, resamples, seed)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _note(sizes: list[int]) -> str:
    if not sizes or max(sizes) == 0:
        return NOBODY_KEPT
    if min(sizes) == 0:
        return "some model has no validation predictions"
    least = math.ceil(1 / ALPHA) - 1
    small = sum(size < least for size in sizes)
    if small:
        return f"sets are everything in {small} of {len(sizes)} models: fewer than {least} validation patients"
    return ""


def _unknown(task: TaskResult) -> dict[str, float]:
    return dict.fromkeys(proba_columns(task), math.nan)


def _members(
    task: TaskResult, test: pd.DataFrame, valid: pd.DataFrame, score: Callable[[Floats], Floats]
) -> pd.DataFrame:
    """Return the test predictions with 1 for a class of the set and 0 for the others."""
    columns = proba_columns(task)
    held, given = (table[columns].to_numpy(dtype=np.float64) for table in (valid, test))
    inside = sets(score, valid["y"].to_numpy(dtype=np.int64), held, given)
    return test.assign(**dict(zip(columns, inside.T.astype(np.float64), strict=True)))


def _rows(
    task: TaskResult, method: str, test_set: TestSet, notes: dict[str, str], resamples: int, seed: int
) -> list[tuple[object, ...]]:
    groups = _groups(task, test_set)
    names = [("coverage", group) for group in groups] + [("set size", ""), ("singleton", ""), ("empty", "")]
    members = [*groups.values(), *[groups[""]] * 3]
    weights = shared_weights(task, test_set, resamples, seed)
    told: list[tuple[object, ...]] = []
    for entry, replicates in test_set.replicates.items():
        scores = clustered(lambda r, rows: _statistics(r, rows, list(groups.values())), replicates, weights)
        for i, (metric, group) in enumerate(names):
            n = int(members[i].sum())
            low, high = _bounds(scores[:, i], n, reach(test_set.strata), is_share=metric != "set size")
            told.append((task.name, entry, test_set.name, method, metric, group, scores[0, i], low, high, n,
                         notes[entry]))  # fmt: skip
    return told


def _bounds(samples: Floats, n: int, wide: float, *, is_share: bool) -> tuple[float, float]:
    value = samples[0]
    if is_share and not np.isnan(value) and (n < FEW or value in (0.0, 1.0)):
        low, high = clopper_pearson(np.array(value * n), np.array(n))
        return float(low), float(high)
    bounds = interval(samples[None, 1:], wide, (0, 1 if is_share else np.inf))
    return float(bounds[0][0]), float(bounds[1][0])


def _groups(task: TaskResult, test_set: TestSet) -> dict[str, NDArray[np.bool_]]:
    """Return the patients of the whole set, of each class and of each domain, (n_patients,) each."""
    table = task.predictions.drop_duplicates(["patient", "y", "domain"])
    inside = table[table["patient"].isin(test_set.patients)]
    found = {"": np.ones(len(test_set.patients), dtype=bool)}
    for column, names in (
        ("y", dict(enumerate(task.classes))),
        ("domain", {d: d for d in sorted(set(inside["domain"]))}),
    ):
        for value, name in names.items():
            members = np.isin(test_set.patients, inside.loc[inside[column] == value, "patient"].to_numpy(dtype=str))
            if members.any():
                found[f"{'class' if column == 'y' else 'domain'}: {name}"] = members
    return found


def _statistics(replicate: Replicate, rows: Floats, groups: list[NDArray[np.bool_]]) -> Floats:
    covered = replicate.proba[np.arange(len(replicate.y)), replicate.y]
    size = replicate.proba.sum(axis=1)
    inside = np.stack([group[replicate.patient] for group in groups], axis=1).astype(np.float64)
    of_groups = ratio(rows @ (inside * covered[:, None]), rows @ inside)
    known = np.where(np.isnan(size), np.nan, 1.0)
    others = np.stack([size, (size == 1) * known, (size == 0) * known], axis=1)
    return np.hstack([of_groups, ratio(rows @ others, rows.sum(axis=1)[:, None])])
