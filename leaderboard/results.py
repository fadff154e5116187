"""The records that go in and come out: one task's predictions and trials, and the board made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class TaskResult:
    """Everything that was run on one task.

    Attributes:
        name: Unique in the board, such as "apl-sim".
        title: One line for people.
        dataset: Name of the dataset.
        classes: Names of the K classes; column ``p<k>`` of ``predictions`` belongs to ``classes[k]``.
        positive: Index of the positive class when K is 2, else None.
        generated: True when the cohort came from a simulator.
        flags: Said of every row, such as "modified copy".
        notes: Sentences shown with the table.
        predictions: One row a predicted specimen: entry, seed, fold, role ("test" or "test:<domain>"),
            specimen, patient, domain, y, p0 .. p<K-1>.
        trials: One row a planned trial: entry, seed, fold, status ("done", "failed", "missing",
            "not-applicable"), stale, tuned (None: the entry has nothing to tune), seconds, error (last line of
            the traceback, or the reason).
        families: What an entry is, when known: "control", "rule", "classic" or "deep".
    """

    name: str
    title: str
    dataset: str
    classes: tuple[str, ...]
    positive: int | None
    generated: bool
    flags: tuple[str, ...]
    notes: tuple[str, ...]
    predictions: pd.DataFrame
    trials: pd.DataFrame
    families: Mapping[str, str] = field(default_factory=dict)

    @property
    def entries(self) -> tuple[str, ...]:
        """Names of the planned entries, in the order of the plan."""
        return tuple(dict.fromkeys(self.trials["entry"]))


@dataclass(frozen=True)
class Board:
    """Scored tasks of one suite; ``scores`` is the long table of ``leaderboard.score.score``."""

    suite: str
    title: str
    profile: str
    commit: str
    date: str
    command: str
    tasks: tuple[TaskResult, ...]
    scores: pd.DataFrame
    resamples: int = 1000
