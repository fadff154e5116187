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
Remake = Callable[[NDArray[np.int64]], pd.DataFrame]


class Table(NamedTuple):
    """Hold one table to learn from: a row a specimen, or a row a cell.

    Attributes:
        X: float64 (n, n_features), NaN where nothing was measured; columns are called "group:name", those of a
            category "group:name=category".
        y: int64 (n,).
        patient: str (n,).
        n_classes: Classes of the task; some may have no row here.
        remake: Rows to learn from -> ``X`` as it is when views that read labels saw only these; None where none does.
    """

    X: pd.DataFrame
    y: NDArray[np.int64]
    patient: NDArray[np.str_]
    n_classes: int
    remake: Remake | None = None

    @property
    def weight(self) -> NDArray[np.float64]:
        """Return one weight a row, so that each patient counts once, mean 1."""
        return patient_weights(self.patient)

    @property
    def prior(self) -> NDArray[np.float64]:
        """Return the share of patients of each class, float64 (n_classes,)."""
        counts = np.bincount(self.y, self.weight, self.n_classes)
        return counts / counts.sum()

    def nobody(self) -> Table:
        """Return the same columns without rows: what an inner fold has for valid."""
        return Table(self.X.iloc[:0], self.y[:0], self.patient[:0], self.n_classes)

    def split(self, learn: NDArray[np.int64], held: NDArray[np.int64]) -> tuple[Table, Table]:
        """Return rows to learn from and rows held out; views that read labels see only the former."""
        X, remake = self.X, self.remake
        if remake is not None:
            X = remake(learn)
        again = None if remake is None else lambda rows: remake(learn[rows]).iloc[learn]
        first = Table(X.iloc[learn], self.y[learn], self.patient[learn], self.n_classes, again)
        return first, Table(X.iloc[held], self.y[held], self.patient[held], self.n_classes)


class Blocks(NamedTuple):
    """Hold the table of each group of features.

    Attributes:
        tables: Group -> table; its index is the position of the specimen, once, or once for each of its cells.
        y: int64 (n,), of the specimens.
        patient: str (n,), of the specimens.
        n_classes: Classes of the task.
        remake: Group whose view reads labels -> specimens to learn from -> its table of all specimens.
    """

    tables: Mapping[str, pd.DataFrame]
    y: NDArray[np.int64]
    patient: NDArray[np.str_]
    n_classes: int
    remake: Mapping[str, Remake]

    def one(self, group: str) -> Table:
        """Return the rows of one group in which something was measured."""
        X = measured(self.tables[group])
        at = X.index.to_numpy(dtype=np.int64)
        make = self.remake.get(group)
        remake = None if make is None else lambda rows: make(at[rows]).loc[at]
        return Table(X, self.y[at], self.patient[at], self.n_classes, remake)

    def only(self, group: str) -> Blocks:
        """Return the same specimens with one group."""
        remake = {g: make for g, make in self.remake.items() if g == group}
        return Blocks({group: self.tables[group]}, self.y, self.patient, self.n_classes, remake)

    def joined(self) -> Table:
        """Return all columns side by side.

        Raises:
            ValueError: If a table has a row a cell.
        """
        remake = (lambda rows: join(self._remade(rows))) if self.remake else None
        return Table(join(self.tables), self.y, self.patient, self.n_classes, remake)

    def nobody(self) -> Blocks:
        """Return the same columns without specimens: what an inner fold has for valid."""
        return self._some(self.tables, np.empty(0, np.int64), {})

    def split(self, learn: NDArray[np.int64], held: NDArray[np.int64]) -> tuple[Blocks, Blocks]:
        """Return specimens to learn from and specimens held out, both renumbered.

        Views that read labels see only the former.
        """
        again = {group: _inner(make, learn) for group, make in self.remake.items()}
        tables = self._remade(learn)
        return self._some(tables, learn, again), self._some(tables, held, {})

    def _remade(self, learn: NDArray[np.int64]) -> dict[str, pd.DataFrame]:
        return {g: self.remake[g](learn) if g in self.remake else table for g, table in self.tables.items()}

    def _some(
        self, tables: Mapping[str, pd.DataFrame], specimens: NDArray[np.int64], remake: Mapping[str, Remake]
    ) -> Blocks:
        picked = {group: _renumbered(table, specimens) for group, table in tables.items()}
        return Blocks(picked, self.y[specimens], self.patient[specimens], self.n_classes, remake)


def measured(X: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in which something was measured."""
    return X[X.notna().any(axis=1)]


def join(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the columns of all groups side by side.

    Raises:
        ValueError: If a table has a row a cell.
    """
    for group, table in tables.items():
        if not table.index.is_unique:
            raise ValueError(
                f"{group}: a row a cell cannot stand beside columns of specimens; "
                "choose cells=handcrafted or cells=pretrained, or combiner=product"
            )
    return pd.concat(list(tables.values()), axis=1)


class Fitted(Protocol):
    """A learner that has learned.

    One that chose something on the way has ``settled``: the learner with that fixed, for learning anew.
    """

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
        settled: The learner with what it chose fixed, None where it chose nothing.
    """

    estimator: Any
    n_classes: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    settled: Any = None

    @classmethod
    def of(cls, estimator: Any, n_classes: int, settled: Any = None, **facts: Any) -> FittedEstimator:
        """Wrap an estimator and count its parameters."""
        return cls(estimator, n_classes, {**counted(estimator), **facts}, settled)

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


def _inner(make: Remake, learn: NDArray[np.int64]) -> Remake:
    return lambda specimens: _renumbered(make(learn[specimens]), learn)


def _renumbered(table: pd.DataFrame, specimens: NDArray[np.int64]) -> pd.DataFrame:
    at = table.index.to_numpy(dtype=np.int64)
    rows = [np.flatnonzero(at == i) for i in specimens]
    new = np.repeat(np.arange(len(specimens)), [len(r) for r in rows])
    picked = table.iloc[np.concatenate([np.empty(0, np.int64), *rows])]
    return picked.set_axis(pd.Index(new), axis=0)
