"""Turn clinical rows into numbers with what train shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import skew

from datasets.cohort import Cohort
from models.inputs.class_spread import class_spread

_HEAVY_TAIL = 1.0


@dataclass(frozen=True)
class NumericColumn:
    """Impute the train median, take log1p of heavy tails, scale by the spread within classes, flag missing values."""

    name: str
    log: bool
    median: float
    mean: float
    scale: float
    flags_missing: bool

    @classmethod
    def fit(cls, column: pd.Series, y: NDArray[np.int64]) -> Self:
        """Learn from a train column; log1p if all its values are positive and its skewness is above 1."""
        values = column.dropna().to_numpy(dtype=float)
        log = len(values) > 2 and bool(values.min() > 0) and bool(skew(values) > _HEAVY_TAIL)
        values = np.log1p(values) if log else values
        median = float(np.median(values)) if len(values) else 0.0
        filled = np.append(values, np.full(len(column) - len(values), median))
        differs = np.ptp(filled) > 0  # the sd of equal values may be 1e-14
        scale = float(class_spread(values[:, None], y[column.notna().to_numpy()])[0]) if differs else 1.0
        return cls(str(column.name), log, median, float(filled.mean()), scale, bool(column.isna().any()))

    def transform(self, column: pd.Series) -> NDArray[np.float64]:
        """Return (n, 1) or, where train had gaps, (n, 2) with the missing flag last."""
        values = column.to_numpy(dtype=float, na_value=np.nan)
        missing = np.isnan(values)
        values = np.log1p(np.maximum(values, 0)) if self.log else values
        scaled = (np.where(missing, self.median, values) - self.mean) / self.scale
        return np.column_stack([scaled, missing] if self.flags_missing else [scaled])


@dataclass(frozen=True)
class CategoryColumn:
    """One-hot over the fixed categories of the column; a missing value is all zero."""

    name: str
    categories: tuple[object, ...]

    def transform(self, column: pd.Series) -> NDArray[np.float64]:
        """Return (n, n_categories).

        Raises:
            ValueError: If the column has other categories than at fit.
        """
        if tuple(column.cat.categories) != self.categories:
            found = tuple(column.cat.categories)
            raise ValueError(f"clinical[{self.name!r}]: categories are {found}, train had {self.categories}.")
        return (column.cat.codes.to_numpy()[:, None] == np.arange(len(self.categories))).astype(float)


@dataclass(frozen=True)
class ClinicalTable:
    """Encode every column of a clinical table, in the order of train's columns."""

    columns: tuple[NumericColumn | CategoryColumn, ...]

    @classmethod
    def fit(cls, train: Cohort) -> Self:
        """Learn medians, scales and the need for a log from ``train`` alone."""
        assert train.clinical is not None
        rows = train.clinical[train.has("clinical")]
        y = train.y[train.has("clinical")]
        return cls(tuple(_fit_column(rows[name], y) for name in rows.columns))

    def transform(self, cohort: Cohort) -> NDArray[np.float32]:
        """Return features, float32 (n, n_features); zero where the whole modality is absent.

        Raises:
            ValueError: If a column of train is not there.
        """
        table = cohort.clinical
        if table is None:
            table = pd.DataFrame({c.name: _empty(c, len(cohort)) for c in self.columns})
        gone = [c.name for c in self.columns if c.name not in table.columns]
        if gone:
            raise ValueError(
                f"clinical: {cohort.name} has no column {gone}, train had. Predict on cohorts of one source."
            )
        features = np.concatenate([c.transform(table[c.name]) for c in self.columns], axis=1)
        return np.where(cohort.has("clinical")[:, None], features, 0).astype(np.float32)


def _fit_column(column: pd.Series, y: NDArray[np.int64]) -> NumericColumn | CategoryColumn:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return CategoryColumn(str(column.name), tuple(column.cat.categories))
    return NumericColumn.fit(column, y)


def _empty(column: NumericColumn | CategoryColumn, n: int) -> pd.Series:
    if isinstance(column, CategoryColumn):
        return pd.Series(pd.Categorical([None] * n, categories=list(column.categories)))
    return pd.Series(np.full(n, np.nan))
