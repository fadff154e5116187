"""What learners share that add trees until valid says stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.classic import Learner, Table, all_classes
from baselines.patients import patient_weights


class Rows(NamedTuple):
    """Hold specimens that trees learn from, or that judge them.

    Attributes:
        X: float64 (n, n_features), NaN where nothing was measured.
        y: int64 (n,), positions among the classes that train has.
        weight: float64 (n,), so that each patient counts once, mean 1.
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    weight: NDArray[np.float64]


def learned_rows(train: Table) -> tuple[NDArray[np.int64], Rows]:
    """Return the classes that ``train`` has, int64 (k,), and its rows."""
    known, y = np.unique(train.y, return_inverse=True)
    return known, Rows(train.X.to_numpy(), y, train.weight)


def judging_rows(valid: Table, known: NDArray[np.int64]) -> Rows | None:
    """Return the rows of ``valid`` whose class is known; None without any: then nothing stops early."""
    judged = np.isin(valid.y, known)
    if not judged.any():
        return None
    y = np.searchsorted(known, valid.y[judged])
    return Rows(valid.X.to_numpy()[judged], y, patient_weights(valid.patient[judged]))


@dataclass(frozen=True)
class BoostedFitted:
    """Fitted trees.

    Attributes:
        predict: From X (n, n_features) to probabilities of the known classes, (n, k).
        known: Classes that train had, int64 (k,).
        n_classes: Of the task.
        rounds: Rounds that are used.
        nodes: Counts the nodes of all trees of these rounds.
        settled: The learner with these rounds; it does so many when there is no valid to stop it.
    """

    predict: Callable[[NDArray[np.float64]], NDArray[Any]]
    known: NDArray[np.int64]
    n_classes: int
    rounds: int
    nodes: Callable[[], int]
    settled: Learner

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return the rounds, and the nodes of all trees as parameters."""
        return {"rounds": self.rounds, "n_parameters": self.nodes()}

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes)."""
        return all_classes(self.predict(X.to_numpy()), self.known, self.n_classes)
