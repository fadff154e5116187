"""The part ``blocks = "boosted-trees"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from xgboost import XGBClassifier

from baselines.classic import Table, all_classes
from baselines.patients import patient_weights


@dataclass(frozen=True, kw_only=True)
class BoostedTrees:
    """XGBoost until the log-loss on valid has not improved for a while.

    Missing values go the way that serves training best. One thread, so that summation order never changes a byte.

    Args:
        learning_rate: Shrinkage of each tree.
        max_depth: Depth of a tree.
        min_child_weight: Smallest sum of Hessians in a leaf.
        subsample: Share of specimens drawn for a tree.
        colsample_bytree: Share of columns drawn for a tree.
        reg_lambda: L2 penalty on leaf values.
        n_estimators: Most rounds of boosting.
        patience: Rounds without a better log-loss on ``valid`` before stopping.

    Reference: Chen and Guestrin, "XGBoost: a scalable tree boosting system", KDD 2016,
    https://doi.org/10.1145/2939672.2939785
    Differs from the library's defaults in: learning rate 0.1 rather than 0.3, half of the columns a tree (bags give
    hundreds of correlated columns), early stopping.
    """

    learning_rate: float = 0.1
    max_depth: int = 6
    min_child_weight: float = 1.0
    subsample: float = 1.0
    colsample_bytree: float = 0.5
    reg_lambda: float = 1.0
    n_estimators: int = 500
    patience: int = 50

    def fit(self, train: Table, valid: Table, seed: int) -> BoostedFitted:
        """Learn from ``train``; specimens of ``valid`` whose class train has decide when to stop."""
        known, y = np.unique(train.y, return_inverse=True)
        judged = np.isin(valid.y, known)
        stop = {"early_stopping_rounds": self.patience} if judged.any() else {}
        booster = XGBClassifier(
            learning_rate=self.learning_rate,
            max_depth=self.max_depth,
            min_child_weight=self.min_child_weight,
            subsample=self.subsample,
            colsample_bytree=self.colsample_bytree,
            reg_lambda=self.reg_lambda,
            n_estimators=self.n_estimators,
            **stop,
            tree_method="hist",
            n_jobs=1,
            random_state=seed,
            eval_metric="logloss" if len(known) == 2 else "mlogloss",
        )
        booster.fit(train.X.to_numpy(), y, sample_weight=train.weight, verbose=False, **_judge(valid, judged, known))
        rounds = booster.best_iteration + 1 if stop else booster.get_booster().num_boosted_rounds()
        return BoostedFitted(booster, known, train.n_classes, rounds, replace(self, n_estimators=rounds))


@dataclass(frozen=True)
class BoostedFitted:
    """Fitted trees.

    Attributes:
        known: Classes that train had.
        rounds: Rounds that are used.
        settled: The learner with these rounds; it does so many when there is no valid to stop it.
    """

    booster: Any
    known: NDArray[np.int64]
    n_classes: int
    rounds: int
    settled: BoostedTrees

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return the rounds, and the nodes of all trees as parameters."""
        dumped = self.booster.get_booster()[: self.rounds].get_dump()
        return {"rounds": self.rounds, "n_parameters": sum(tree.count("\n") for tree in dumped)}  # a node a line

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes)."""
        return all_classes(self.booster.predict_proba(X.to_numpy()), self.known, self.n_classes)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``BoostedTrees``."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
        "max_depth": trial.suggest_int("max_depth", 2, 8),
        "min_child_weight": trial.suggest_float("min_child_weight", 0.5, 10, log=True),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.1, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 100, log=True),
    }


def _judge(valid: Table, judged: NDArray[np.bool_], known: NDArray[np.int64]) -> dict[str, Any]:
    if not judged.any():
        return {}
    pair = (valid.X.to_numpy()[judged], np.searchsorted(known, valid.y[judged]))
    return {"eval_set": [pair], "sample_weight_eval_set": [patient_weights(valid.patient[judged])]}
