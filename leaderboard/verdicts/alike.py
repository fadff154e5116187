"""Entries whose predictions are the same, or as good as the same: rows that look like several results and are one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from leaderboard.records import MODEL, TaskResult, proba_columns
from leaderboard.text import plain

NEAR = 1e-3  # of a probability; tables show no more digits
Told = dict[str, NDArray[np.float64]]


def one_model(task: TaskResult) -> list[str]:
    """Return one sentence for each group of entries whose probabilities agree on every specimen of the task.

    They are called identical where all agree to the last bit, else nearly identical: no probability of any two of them
    is ``NEAR`` or more apart.
    """
    return [_sentence(group) for told in _told(task) for group in _groups(told) if len(group) > 1]


def _sentence(group: Told) -> str:
    names, (first, *others) = ", ".join(map(plain, group)), group.values()
    if all(np.array_equal(first, other) for other in others):
        return f"Identical predictions: {names}; they count as one."
    return f"Nearly identical predictions, all within {NEAR:g}: {names}; they count as one."


def _told(task: TaskResult) -> Iterator[Told]:
    """Yield entry -> probabilities (n, K), in one order of specimens, of the entries that predicted the same ones."""
    table = task.predictions
    cell = table.groupby([*MODEL[1:], "role", "specimen"]).ngroup().to_numpy()
    proba = table[proba_columns(task)].to_numpy(dtype=np.float64)
    found: dict[bytes, Told] = {}
    for entry, rows in sorted(table.groupby("entry").indices.items()):
        ordered = rows[np.argsort(cell[rows])]
        found.setdefault(cell[ordered].tobytes(), {})[str(entry)] = proba[ordered]
    yield from found.values()


def _groups(told: Told) -> list[Told]:
    """Return entries in groups: each is near all others of its group."""
    groups: list[Told] = []
    for entry, values in told.items():
        home = next((g for g in groups if all(np.abs(values - other).max() < NEAR for other in g.values())), None)
        if home is None:
            groups.append(home := {})
        home[entry] = values
    return groups
