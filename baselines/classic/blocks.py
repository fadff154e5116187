"""What views, learners and combiners hand to one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.classic.parameter_count import counted
from baselines.patients import patient_weights
from datasets.cohort import Cohort

Transform = Callable[[Cohort], pd.DataFrame]


class Table(NamedTuple):
    """Hold one table of specimens to learn from.

    Attributes:
        X: float64 (n, n_features), NaN where nothing was measured; columns are called "group:name".
        y: int64 (n,).
        patient: str (n,).
        n_classes: Classes of the task; some may have no specimen here.
    """

    X: pd.DataFrame
    y: NDArray[np.int64]
    patient: NDArray[np.str_]
    n_classes: int

    @property
    def weight(self) -> NDArray[np.float64]:
        """Return one weight a specimen, so that each patient counts once, mean 1."""
        return patient_weights(self.patient)


class Blocks(NamedTuple):
    """Hold the table of each group of features; the other fields are those of ``Table``."""

    tables: Mapping[str, pd.DataFrame]
    y: NDArray[np.int64]
    patient: NDArray[np.str_]
    n_classes: int

    def one(self, group: str) -> Table:
        """Return the table of one group."""
        return Table(self.tables[group], self.y, self.patient, self.n_classes)

    def joined(self) -> Table:
        """Return all columns side by side."""
        return Table(join(self.tables), self.y, self.patient, self.n_classes)


def join(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the columns of all groups side by side."""
    return pd.concat(list(tables.values()), axis=1)


class Fitted(Protocol):
    """A learner that has learned."""

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes)."""
        ...

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return what an entry's report says of the fit."""
        ...


@dataclass(frozen=True)
class FittedEstimator:
    """A fitted scikit-learn classifier among all classes of the task.

    Attributes:
        estimator: With ``predict_proba`` and ``classes_``.
        facts: For the report.
    """

    estimator: Any
    n_classes: int
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, estimator: Any, n_classes: int) -> FittedEstimator:
        """Wrap an estimator and count its parameters."""
        return cls(estimator, n_classes, counted(estimator))

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        return all_classes(self.estimator.predict_proba(X), self.estimator.classes_, self.n_classes)


def all_classes(proba: NDArray[Any], known: NDArray[np.int64], n_classes: int) -> NDArray[np.float64]:
    """Place columns of known classes among all, zero elsewhere, rows summing to 1.

    Args:
        proba: Probabilities of the known classes, (n, len(known)).
        known: Position of each column among all classes, int64.
        n_classes: Number of all classes.
    """
    full = np.zeros((len(proba), n_classes))
    full[:, known] = proba
    return full / full.sum(axis=1, keepdims=True)
