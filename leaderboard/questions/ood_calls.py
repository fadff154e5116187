"""What patients of a class that was never seen are called, and how sure the models are of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.inference import Floats, reach, summary
from leaderboard.measures import clopper_pearson, label, ratio
from leaderboard.questions.ood import unseen_classes, unseen_name, unseen_table, unseen_weights, with_reference
from leaderboard.records import DIGITS, FEW, TaskResult, by_patient, proba_columns

COLUMNS = [
    "task", "entry", "unseen", "class", "called", "called_low", "called_high",
    "max_probability", "max_probability_low", "max_probability_high", "n_patients", "note",
]  # fmt: skip
_NOTHING = (float("nan"), float("nan"), float("nan"))


def ood_calls(task: TaskResult, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Tell for each unseen class what share of its patients an entry calls each known class, and how sure it is.

    "called" is the share of unseen patients, over all models (seeds, folds) of the entry; "max_probability" the mean
    largest probability of those called so, NaN where nobody is, without interval where one patient is. With few
    patients, or none or all called so, a bootstrap cannot see the uncertainty of a share: its interval is then that of
    Clopper and Pearson.

    Returns:
        Table with ``COLUMNS``; NaN and a note for an entry with a hole, without rows where nothing is unseen.
    """
    made = [row for part in unseen_classes(task) for row in _of_class(part, resamples, seed)]
    return pd.DataFrame(made, columns=COLUMNS)


def _of_class(task: TaskResult, resamples: int, seed: int) -> Iterator[tuple[object, ...]]:
    told, holes = with_reference(task)
    table = unseen_table(by_patient(told))
    patients, weights = unseen_weights(told, resamples, seed)
    n, nothing = len(patients), (_NOTHING * 2, 0)
    for entry in dict.fromkeys([*told.entries, *holes]):
        figures: list[tuple[tuple[float, ...], int]] = [nothing] * len(task.classes)
        if entry not in holes:
            figures = list(_figures(table[table["entry"] == entry], proba_columns(task), patients, weights))
        for name, (figure, n_called) in zip(task.classes, figures, strict=True):
            note = f"1 patient is called {name}: the probability has no interval" if n_called == 1 else ""
            yield (task.name, entry, unseen_name(task), name, *figure, n, holes.get(entry, note))


def _figures(
    table: pd.DataFrame, columns: list[str], patients: NDArray[np.str_], weights: NDArray[np.uint16]
) -> Iterator[tuple[tuple[float, ...], int]]:
    """Yield share and mean largest probability of each class, each with its bounds, and how many are called so."""
    proba = table[columns].to_numpy(dtype=np.float64).round(DIGITS)
    owner = np.searchsorted(patients, table["patient"].to_numpy(dtype=str))
    is_called = label(proba)[:, None] == np.arange(len(columns))
    called, sure = np.zeros((2, len(patients), len(columns)))
    np.add.at(called, owner, is_called)
    np.add.at(sure, owner, is_called * proba.max(axis=1)[:, None])
    drawn, wide = weights.T.astype(np.float64), reach(np.zeros(len(patients), dtype=np.int64))
    shares = ratio(drawn @ called, (drawn @ called).sum(axis=1)[:, None])
    means = ratio(drawn @ sure, drawn @ called)
    for share, mean, n_called in zip(shares.T, means.T, (called > 0).sum(axis=0).tolist(), strict=True):
        value, low, high = summary(mean, wide, (round(1 / len(columns), DIGITS), 1))
        bounds = (low, high) if n_called > 1 else _NOTHING[1:]
        yield (*_share(share, len(patients), wide), value, *bounds), n_called


def _share(samples: Floats, n: int, wide: float) -> tuple[float, float, float]:
    value = float(samples[0])
    if n < FEW or value in (0.0, 1.0):
        low, high = clopper_pearson(np.array(value * n), np.array(n))
        return value, float(low), float(high)
    return summary(samples, wide, (0, 1))
