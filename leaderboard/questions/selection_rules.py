"""Named rules for choosing among entries, or settings of one, from records of validation and of tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leaderboard.measures import Metric
from leaderboard.records import NOBODY_KEPT, TaskResult, proba_columns

VALIDATION, OTHER_DOMAINS, ORACLE = (
    "best on validation",
    "leave-one-domain-out validation",
    "oracle: best on test, for demonstration only",
)
CELL = ["seed", "fold", "role"]


@dataclass(frozen=True)
class Choice:
    """What a rule took: cell (seed, fold, role) -> (entry, score it was chosen by), or why it cannot choose."""

    taken: dict[tuple[object, ...], tuple[str, float]]
    note: str = ""


def _score(task: TaskResult, table: pd.DataFrame, metric: Metric) -> float:
    flip = task.positive == 0
    y = table["y"].to_numpy(dtype=np.int64)
    proba = table[proba_columns(task)].to_numpy(dtype=np.float64)
    y, proba = (1 - y, proba[:, ::-1]) if flip else (y, proba)
    extra = {"fold": table["fold"].to_numpy(dtype=np.int64)} if metric.within_fold else {}
    return float(metric.function(y, proba, np.ones((1, len(y))), **extra)[0])


def _best(scores: dict[str, float]) -> tuple[str, float] | None:
    """Return the best, of equal ones the first by name; NaN is never chosen."""
    known = {entry: score for entry, score in scores.items() if not np.isnan(score)}
    return max(sorted(known.items()), key=lambda item: item[1]) if known else None


def _by_entry(task: TaskResult, table: pd.DataFrame, metric: Metric) -> dict[str, float]:
    return {str(e): _score(task, part, metric) for e, part in table.groupby("entry")}


def _on_validation(task: TaskResult, tests: pd.DataFrame, metric: Metric) -> Choice:
    if task.valid is None:
        return Choice({}, NOBODY_KEPT)
    valid = task.valid[task.valid["entry"].isin(tests["entry"].unique())]
    best = {cell: _best(_by_entry(task, part, metric)) for cell, part in valid.groupby(["seed", "fold"])}
    cells = tests[CELL].drop_duplicates().itertuples(index=False, name=None)
    found = {cell: best.get(cell[:2]) for cell in cells}
    if not found or None in found.values():
        return Choice({}, "some fold has no validation patients that can be scored")
    return Choice({cell: pick for cell, pick in found.items() if pick is not None})


def _on_other_domains(task: TaskResult, tests: pd.DataFrame, metric: Metric) -> Choice:
    shifted = tests[tests["role"] != "test"]
    if shifted["role"].nunique() < 2:
        return Choice({}, "fewer than two shifted domains")
    parts = shifted.groupby(["seed", "role", "entry"], sort=False)
    table = pd.Series({key: _score(task, part, metric) for key, part in parts}).unstack()
    taken: dict[tuple[object, ...], tuple[str, float]] = {}
    for seed, role in table.index:
        others = table[(table.index.get_level_values(0) == seed) & (table.index.get_level_values(1) != role)]
        best = _best(others.mean().reindex(tests["entry"].unique()).to_dict())
        if best is None:
            return Choice({}, f"no entry can be scored on the domains other than {role.removeprefix('test:')}")
        folds = shifted.loc[(shifted["seed"] == seed) & (shifted["role"] == role), "fold"].unique()
        taken |= {(seed, fold, role): best for fold in folds}
    return Choice(taken)


def _on_test(task: TaskResult, tests: pd.DataFrame, metric: Metric) -> Choice:
    taken: dict[tuple[object, ...], tuple[str, float]] = {}
    for _, part in tests.groupby("role"):
        scores = {
            str(entry): float(np.mean([_score(task, one, metric) for _, one in mine.groupby("seed")]))
            for entry, mine in part.groupby("entry")
        }
        cells = part[CELL].drop_duplicates().itertuples(index=False, name=None)
        taken |= dict.fromkeys(cells, _best(scores) or next(iter(scores.items())))
    return Choice(taken)


RULES: dict[str, Callable[[TaskResult, pd.DataFrame, Metric], Choice]] = {
    VALIDATION: _on_validation,
    OTHER_DOMAINS: _on_other_domains,
    ORACLE: _on_test,
}
