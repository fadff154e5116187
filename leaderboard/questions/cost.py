"""Expected cost of acting on an entry's probabilities under a cost matrix, with and without sending a test instead."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leaderboard.inference import Floats, clustered, interval, reach, shared_weights
from leaderboard.measures import ratio
from leaderboard.records import Replicate, ResultError, TaskResult, TestSet, test_sets

COLUMNS = ["task", "entry", "test_set", "metric", "value", "low", "high", "n_patients", "note"]
METRICS = ("cost", "cost with abstention", "share abstained")
ALWAYS_ABSTAIN, CONSTANT = "always abstain", "best constant call"


def decide(proba: Floats, costs: Floats) -> tuple[np.ndarray, Floats]:
    """Return the call of least expected cost of each row, int (n,), the first on a tie, and that cost, float (n,).

    Args:
        proba: float (n, K).
        costs: Cost of calling j for a patient of class i, float (K, K).
    """
    expected = proba @ costs
    return expected.argmin(axis=1), expected.min(axis=1)


def cost(task: TaskResult, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Score the mean cost of the calls that each entry's own probabilities make cheapest.

    Metrics: "cost" (always a call), and where ``task.abstain_cost`` is known "cost with abstention" (no call where
    every call is expected to cost more) and "share abstained". References are entries: "always abstain", and "best
    constant call", chosen on the test patients themselves and so a little flattered.

    Returns:
        Long table with ``COLUMNS``; without rows where the task has no costs.

    Raises:
        ValueError: If the costs are not a finite (K, K) matrix, or the cost of abstention is not finite.
    """
    rows: list[tuple[object, ...]] = []
    if task.costs is None:
        return pd.DataFrame(rows, columns=COLUMNS)
    costs = _checked(task)
    for test_set in test_sets(task):
        weights = shared_weights(task, test_set, resamples, seed)
        for entry, replicates in test_set.replicates.items():
            scores = clustered(lambda r, w: _of_calls(r, w, costs, task.abstain_cost), replicates, weights)
            rows += _told((task.name, entry, test_set.name), scores, test_set, "")
        rows += _references(task, test_set, costs, weights)
    return pd.DataFrame(rows, columns=COLUMNS)


def _checked(task: TaskResult) -> Floats:
    """Return the costs in the order of ``test_sets``, which puts the positive class second."""
    costs = np.array(task.costs, dtype=np.float64)
    n_classes = len(task.classes)
    if costs.shape != (n_classes, n_classes) or not np.isfinite(costs).all():
        raise ResultError(
            f"costs of task {task.name!r} are {task.costs}; give a finite {n_classes} x {n_classes} matrix"
        )
    if task.abstain_cost is not None and not np.isfinite(task.abstain_cost):
        raise ResultError(f"abstain_cost of task {task.name!r} is {task.abstain_cost}; give a finite number or None")
    return costs[::-1, ::-1] if task.positive == 0 else costs


def _of_calls(replicate: Replicate, weights: Floats, costs: Floats, abstain: float | None) -> Floats:
    call, expected = decide(replicate.proba, costs)
    paid = costs[replicate.y, call]
    silent = np.zeros(len(paid), dtype=bool) if abstain is None else expected > abstain
    columns = [paid] if abstain is None else [paid, np.where(silent, abstain, paid), silent]
    return ratio(weights @ np.stack(columns, axis=1), weights.sum(axis=1)[:, None])


def _references(task: TaskResult, test_set: TestSet, costs: Floats, weights: np.ndarray) -> list[tuple[object, ...]]:
    if not test_set.replicates:
        return []
    one = next(iter(test_set.replicates.values()))
    told = []
    by_call = clustered(lambda r, w: ratio(w @ costs[r.y], w.sum(axis=1)[:, None]), one, weights)
    best = int(by_call[0].argmin())
    name = (task.classes[::-1] if task.positive == 0 else task.classes)[best]
    told += _told((task.name, CONSTANT, test_set.name), by_call[:, [best]], test_set, f"everybody is called {name}")
    if task.abstain_cost is not None:
        always = np.tile([task.abstain_cost, 1.0], (len(by_call), 1))
        for metric, column in zip(METRICS[1:], always.T, strict=True):
            told += _told((task.name, ALWAYS_ABSTAIN, test_set.name), column[:, None], test_set, "", metrics=(metric,))
    return told


def _told(
    key: tuple[object, ...], scores: Floats, test_set: TestSet, note: str, metrics: tuple[str, ...] = METRICS
) -> list[tuple[object, ...]]:
    n, (low, high) = len(test_set.patients), interval(scores[1:].T, reach(test_set.strata))
    return [
        (*key, metric, *map(float, row), n, note) for metric, *row in zip(metrics, scores[0], low, high, strict=False)
    ]
