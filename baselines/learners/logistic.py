"""The part ``blocks = "logistic"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from baselines.classic import FittedEstimator, Table

_LIMIT = 4.0


@dataclass(frozen=True, kw_only=True)
class Logistic:
    """L2-penalised softmax on imputed, standardised values clipped at 4 sd, with marks of what was missing.

    Args:
        C: Inverse strength of the penalty, scikit-learn's default.
        block_scaling: Divide each feature group by the root of its number of columns, so that 15 clinical values
            have the same prior say in the logit as 2,000 genes.
        class_weight: "none" or "balanced".

    Reference: Hoerl and Kennard, "Ridge regression: biased estimation for nonorthogonal problems", Technometrics 1970;
    le Cessie and van Houwelingen, "Ridge estimators in logistic regression", Applied Statistics 1992.
    """

    C: float = 1.0
    block_scaling: bool = False
    class_weight: Literal["none", "balanced"] = "none"

    def fit(self, train: Table, valid: Table, seed: int) -> FittedEstimator:
        """Learn from ``train``; ``valid`` is not read, and the problem is convex, so no seed is."""
        groups = dict.fromkeys(str(column).partition(":")[0] for column in train.X.columns)
        blocks = [(group, _block(self.block_scaling), make_column_selector(f"^{group}:")) for group in groups]
        weights = None if self.class_weight == "none" else self.class_weight
        softmax = LogisticRegression(C=self.C, class_weight=weights, max_iter=2000)
        pipeline = make_pipeline(ColumnTransformer(blocks), softmax)
        pipeline.fit(train.X, train.y, logisticregression__sample_weight=train.weight)
        return FittedEstimator.of(pipeline, train.n_classes)


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


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``Logistic``."""
    return {
        "C": trial.suggest_float("C", 1e-4, 1e2, log=True),
        "block_scaling": trial.suggest_categorical("block_scaling", [False, True]),
        "class_weight": trial.suggest_categorical("class_weight", ["none", "balanced"]),
    }


def _block(scaled: bool) -> Pipeline:
    impute = SimpleImputer(strategy="median", keep_empty_features=True)
    both = FeatureUnion([("values", impute), ("missing", MissingPatterns())])
    last = [FunctionTransformer(_block_scaled)] if scaled else []
    return make_pipeline(both, StandardScaler(), FunctionTransformer(_clipped), *last)


def _clipped(X: NDArray[np.float64]) -> NDArray[np.float64]:
    # A rare feature that was nearly constant in training must not decide alone.
    return np.clip(X, -_LIMIT, _LIMIT)


def _block_scaled(X: NDArray[np.float64]) -> NDArray[np.float64]:
    return X / np.sqrt(X.shape[1])
