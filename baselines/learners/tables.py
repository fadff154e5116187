"""Columns for learners that need complete, comparable numbers."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from baselines.classic import Table

_LIMIT = 4.0


def scaled_columns(X: pd.DataFrame, block_scaling: bool) -> Pipeline:
    """Return a transformer for the groups of a table: imputed, standardised, clipped at 4 sd, with marks of gaps.

    Args:
        X: The table to learn from; columns are called "group:name".
        block_scaling: Divide each group by the root of its number of columns.
    """
    groups = np.array([str(column).partition(":")[0] for column in X.columns])
    blocks = [(group, _block(block_scaling), np.flatnonzero(groups == group)) for group in dict.fromkeys(groups)]
    return make_pipeline(FunctionTransformer(_numbers), ColumnTransformer(blocks))


def fit_softmax(columns: Pipeline, softmax: LogisticRegression, table: Table) -> Pipeline:
    """Return the pipeline of columns and an L2-penalised softmax, fitted in the space of the rows of the table.

    The penalty pulls coefficients into the span of the centred rows, so with fewer rows than columns the fit on their
    principal components is the same and many times as fast; its coefficients are turned back to columns.

    Args:
        columns: Unfitted.
        softmax: Unfitted, with an L2 penalty and an intercept.
        table: To learn from.

    Reference: Hastie and Tibshirani, "Efficient quadratic regularization for expression arrays", Biostatistics 2004.
    """
    X = columns.fit_transform(table.X)
    rows = PCA(svd_solver="full").fit(X)
    softmax.fit(rows.transform(X), table.y, sample_weight=table.weight)
    softmax.coef_ = softmax.coef_ @ rows.components_
    softmax.intercept_ = softmax.intercept_ - softmax.coef_ @ rows.mean_
    softmax.n_features_in_ = X.shape[1]
    return make_pipeline(columns, softmax)


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


def _numbers(X: pd.DataFrame) -> NDArray[np.float64]:
    # scikit-learn looks at each of 2,000 columns of a table anew in every step.
    return X.to_numpy(dtype=np.float64)


def _clipped(X: NDArray[np.float64]) -> NDArray[np.float64]:
    # A rare feature that was nearly constant in training must not decide alone.
    return np.clip(X, -_LIMIT, _LIMIT)


def _block_scaled(X: NDArray[np.float64]) -> NDArray[np.float64]:
    return X / np.sqrt(X.shape[1])
