"""Calibration before and after the probabilities were rescaled on held-out patients, in and out of domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from leaderboard.inference import Floats, clustered, interval, reach, reflected, shared_weights
from leaderboard.measures import Ints, Scaler, brier, ece, nll, platt, slope, temperature, vector
from leaderboard.records import (
    NOBODY_KEPT,
    Replicate,
    TaskResult,
    by_patient,
    lacking_classes,
    models,
    proba_columns,
    test_sets,
)

COLUMNS = [
    "task", "entry", "test_set", "method", "metric", "value", "low", "high", "change", "change_low", "change_high",
    "n_patients", "note",
]  # fmt: skip
METRICS = ("ece", "nll", "brier", "slope")
AS_GIVEN = "as given"
Fit = Callable[[Ints, Floats], Scaler]


def methods(n_classes: int) -> dict[str, Fit]:
    """Return the scalings that are tried, by name."""
    own: dict[str, Fit] = {"platt": platt} if n_classes == 2 else {"vector": vector}
    return {"temperature": temperature, **own}


def recalibration(task: TaskResult, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Rescale each model on its validation patients alone and score what it then says of the test patients.

    One scaling is fitted for each entry, seed and fold, at patient level. Metrics: ECE, NLL, Brier (lower is better)
    and the calibration slope of all classes at once (1 is right). The interval of the change is paired; that of ECE,
    which resampling inflates, is mirrored at the estimate as that of ECE itself is.

    Returns:
        Long table with ``COLUMNS``. ``method`` "as given" is before; ``change`` is after minus before. NaN and a
        note where there are no validation predictions, or a tested class has no patient among them in some fold.
    """
    task = by_patient(task)
    before: dict[tuple[str, str], Floats] = {}
    tables = [_of_test_sets(task, AS_GIVEN, task, {}, before, resamples, seed)]
    for name, fit in methods(len(task.classes)).items():
        after, refused = rescaled(task, fit)
        tables.append(_of_test_sets(task, name, after, refused, before, resamples, seed))
    return pd.concat(tables, ignore_index=True)


def rescaled(task: TaskResult, fit: Fit) -> tuple[TaskResult, dict[str, str]]:
    """Return a task of one row a patient with rescaled predictions, and entry -> why it could not be rescaled.

    Predictions of a refused entry are left as they are.
    """
    refused, parts = {}, []
    for entry in task.predictions["entry"].unique():
        pairs = models(task, entry)
        reason = _refusal(task, [valid for _, valid in pairs])
        if reason:
            refused[entry] = reason
            parts.append(task.predictions[task.predictions["entry"] == entry])
        else:
            parts += [_rescale(task, test, valid, fit) for test, valid in pairs]
    table = pd.concat(parts, ignore_index=True) if parts else task.predictions
    return replace(task, predictions=table), refused


def _refusal(task: TaskResult, parts: list[pd.DataFrame]) -> str:
    if not any(len(part) for part in parts):
        return NOBODY_KEPT
    lacking = [lacking_classes(task, part) for part in parts]
    several = [names for names in lacking if names]
    if not several:
        return ""
    names = ", ".join(sorted(set().union(*several)))
    return f"validation part without {names} in {len(several)} of {len(parts)} models"


def _rescale(task: TaskResult, test: pd.DataFrame, valid: pd.DataFrame, fit: Fit) -> pd.DataFrame:
    columns = proba_columns(task)
    held, given = (table[columns].to_numpy(dtype=np.float64) for table in (valid, test))
    scaler = fit(valid["y"].to_numpy(dtype=np.int64), held)
    return test.assign(**dict(zip(columns, scaler(given).T, strict=True)))


def _of_test_sets(
    task: TaskResult,
    method: str,
    after: TaskResult,
    refused: dict[str, str],
    before: dict[tuple[str, str], Floats],
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Return the rows of one method; the first to be asked for, "as given", is remembered in ``before``."""
    rows: list[tuple[object, ...]] = []
    for test_set in test_sets(after):
        weights, n = shared_weights(task, test_set, resamples, seed), len(test_set.patients)
        wide = reach(test_set.strata)
        for entry, replicates in test_set.replicates.items():
            key = (task.name, entry, test_set.name, method)
            if entry in refused:
                rows += [(*key, metric, *[np.nan] * 6, n, refused[entry]) for metric in METRICS]
                continue
            scores = clustered(_calibration, replicates, weights)
            base = before.get((test_set.name, entry), np.full_like(scores, np.nan))
            before.setdefault((test_set.name, entry), scores)
            figures = zip(METRICS, _with_interval(scores, wide), _change(scores - base, wide), strict=True)
            rows += [(*key, metric, *value, *change, n, "") for metric, value, change in figures]
    return pd.DataFrame(rows, columns=COLUMNS)


def _calibration(replicate: Replicate, rows: Floats) -> Floats:
    given = (replicate.y, replicate.proba, rows)
    return np.stack([ece(*given), nll(*given), brier(*given), slope(*given)], axis=1)


def _with_interval(scores: Floats, wide: float) -> list[tuple[float, float, float]]:
    """Return (value, low, high) of each metric from (1 + B, metrics)."""
    low, high = interval(scores[1:].T, wide)
    low[:1], high[:1] = reflected(scores[0, :1], scores[1:, :1].T, wide)
    return list(zip(scores[0].tolist(), low.tolist(), high.tolist(), strict=True))


def _change(gaps: Floats, wide: float) -> list[tuple[float, float, float]]:
    low, high = interval(gaps[1:].T, wide)
    low[0], high[0] = 2 * gaps[0, 0] - high[0], 2 * gaps[0, 0] - low[0]
    return list(zip(gaps[0].tolist(), low.tolist(), high.tolist(), strict=True))
