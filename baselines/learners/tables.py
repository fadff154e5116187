"""Columns for learners that need complete, comparable numbers."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

_LIMIT = 4.0


def scaled_columns(X: pd.DataFrame, block_scaling: bool) -> ColumnTransformer:
    """Return a transformer for the groups of a table: imputed, standardised, clipped at 4 sd, with marks of gaps.

    Args:
        X: The table to learn from; columns are called "group:name".
        block_scaling: Divide each group by the root of its number of columns.
    """
    groups = dict.fromkeys(str(column).partition(":")[0] for column in X.columns)
    blocks = [(group, _block(block_scaling), make_column_selector(f"^{group}:")) for group in groups]
    return ColumnTransformer(blocks)


class MissingPatterns(TransformerMixin, BaseEstimator):
    """Indicate missing values, one column for each distinct pattern of training.

    A specimen without genes misses 2,000 columns at once; that is one fact, not 2,000.
    """

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Find the first column of each distinct, non-constant pattern of missing values in ``X`` (n, p)."""
        missing = np.isnan(np.asarray(X))
        _, first = np.unique(missing, axis=1, return_index=True)
        share = missing.mean(axis=0)
        varied = (share > 0) & (share < 1)
        self.columns_ = np.sort(first[varied[first]])
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return 1 where the pattern's column is missing, float64 (n, n_patterns)."""
        return np.isnan(np.asarray(X))[:, self.columns_].astype(np.float64)


def _block(scaled: bool) -> Pipeline:
    impute = SimpleImputer(strategy="median", keep_empty_features=True)
    both = FeatureUnion([("values", impute), ("missing", MissingPatterns())])
    last: list[Any] = [FunctionTransformer(_block_scaled)] if scaled else []
    return make_pipeline(both, StandardScaler(), FunctionTransformer(_clipped), *last)


def _clipped(X: NDArray[np.float64]) -> NDArray[np.float64]:
    # A rare feature that was nearly constant in training must not decide alone.
    return np.clip(X, -_LIMIT, _LIMIT)


def _block_scaled(X: NDArray[np.float64]) -> NDArray[np.float64]:
    return X / np.sqrt(X.shape[1])
