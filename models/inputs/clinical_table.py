"""Turn clinical rows into numbers with what train shows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import skew

from datasets.cohort import Cohort
from models.inputs.class_spread import class_spread
from models.inputs.missing_flags import tells_class

_HEAVY_TAIL = 1.0
_REACH = 20.0  # spreads from the mean of train, beyond which a value is no further away
_ROUNDING = 1e-12


@dataclass(frozen=True)
class NumericColumn:
    """Turn a number into itself and its place in the lower and in the upper half of train, each scaled.

    So a linear reading bends at the median of train. Heavy tails are taken in the logarithm, units are the spread
    within classes, and what is missing is the mean of train, as is all where train never varies. A flag says what is
    missing only where that tells the class on train: flags that tell nothing cost a linear learner of a hundred
    patients more than they give.

    Reference: Y. Gorishniy, I. Rubachev, A. Babenko, "On Embeddings for Numerical Features in Tabular Deep Learning",
    2022, https://arxiv.org/abs/2203.05556 (piecewise linear encoding).
    Differs from the paper in: two pieces, cut at the extremes of train, beside the number itself.

    Attributes:
        floor: The smallest value that is told apart, where logarithms are taken; None where they are not.
        knots: Minimum, median and maximum of train; empty where two of them are the same or train has two values.
        mean, scale: float64 (1,), or (3,) with knots; the scale is infinite where nothing varies.
    """

    name: str
    floor: float | None
    knots: tuple[float, ...]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    flags_missing: bool

    @classmethod
    def fit(cls, column: pd.Series, y: NDArray[np.int64], patient: NDArray[np.str_]) -> Self:
        """Learn from a train column; logarithms are taken if all values are positive and their skewness is above 1."""
        there = column.notna().to_numpy()
        values = column.to_numpy(dtype=float, na_value=np.nan)[there]
        telling = tells_class(~there, y, patient)
        if not len(values) or np.ptp(values) == 0:
            return cls(str(column.name), None, (), np.zeros(1), np.full(1, np.inf), telling)
        heavy = values.min() > 0 and skew(values) > _HEAVY_TAIL
        floor = max(float(values.min()) / 2, float(np.finfo(float).tiny)) if heavy else None
        values = values if floor is None else np.log(values)
        knots = np.unique(np.quantile(values, [0, 0.5, 1]))
        bends = len(knots) > 2 and len(np.unique(values)) > 2
        kept = tuple(knots.tolist()) if bends else ()
        features = _pieces(values, kept)
        scale = class_spread(features, y[there])
        scale = np.where(scale > _ROUNDING * np.abs(features).max(axis=0), scale, np.inf)
        return cls(str(column.name), floor, kept, features.mean(axis=0), scale, telling)

    @property
    def width(self) -> int:
        """Return the number of features."""
        return len(self.mean) + self.flags_missing

    def transform(self, column: pd.Series) -> NDArray[np.float64]:
        """Return (n, width), the flag last where there is one."""
        values = column.to_numpy(dtype=float, na_value=np.nan)
        missing = np.isnan(values)[:, None]
        values = values if self.floor is None else np.log(np.maximum(values, self.floor))
        with np.errstate(over="ignore"):  # what is too far to be held is cut
            scaled = np.clip((_pieces(values, self.knots) - self.mean) / self.scale, -_REACH, _REACH)
        scaled = np.where(missing, 0.0, scaled)
        return np.hstack([scaled, missing] if self.flags_missing else [scaled])


def _pieces(values: NDArray[np.float64], knots: tuple[float, ...]) -> NDArray[np.float64]:
    """Return values (n,) and, for each pair of neighbouring knots, how far between them they are, (n, 1 + pieces)."""
    between = [np.clip((values - low) / (high - low), 0, 1) for low, high in pairwise(knots)]
    return np.stack([values, *between], axis=1)


@dataclass(frozen=True)
class CategoryColumn:
    """One-hot over the fixed categories of the column; a missing value is all zero."""

    name: str
    categories: tuple[object, ...]

    @property
    def width(self) -> int:
        """Return the number of features."""
        return len(self.categories)

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
        """Learn means, scales, knots and the need for a log from ``train`` alone."""
        assert train.clinical is not None
        rows = train.clinical[train.has("clinical")]
        y, patient = train.y[train.has("clinical")], train.patient[train.has("clinical")]
        return cls(tuple(_fit_column(rows[name], y, patient) for name in rows.columns))

    @property
    def groups(self) -> list[list[int]]:
        """Return the positions of the features of each column."""
        ends = np.cumsum([c.width for c in self.columns])
        return [list(range(end - c.width, end)) for c, end in zip(self.columns, ends.tolist(), strict=True)]

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


def _fit_column(column: pd.Series, y: NDArray[np.int64], patient: NDArray[np.str_]) -> NumericColumn | CategoryColumn:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return CategoryColumn(str(column.name), tuple(column.cat.categories))
    return NumericColumn.fit(column, y, patient)


def _empty(column: NumericColumn | CategoryColumn, n: int) -> pd.Series:
    if isinstance(column, CategoryColumn):
        return pd.Series(pd.Categorical([None] * n, categories=list(column.categories)))
    return pd.Series(np.full(n, np.nan))
