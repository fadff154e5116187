"""The part ``blocks = "boosted-trees"``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

from xgboost import XGBClassifier

from baselines.classic import Table
from baselines.learners.boosting import BoostedFitted, Rows, judging_rows, learned_rows


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

    learning_rate: Annotated[float, "(0, 1]"] = 0.1
    max_depth: Annotated[int, "[1, 100]"] = 6
    min_child_weight: Annotated[float, "[0, inf)"] = 1.0
    subsample: Annotated[float, "(0, 1]"] = 1.0
    colsample_bytree: Annotated[float, "(0, 1]"] = 0.5
    reg_lambda: Annotated[float, "[0, inf)"] = 1.0
    n_estimators: Annotated[int, "[1, 100000]"] = 500
    patience: Annotated[int, "[1, 100000]"] = 50

    def fit(self, train: Table, valid: Table, seed: int) -> BoostedFitted:
        """Learn from ``train``; specimens of ``valid`` whose class train has decide when to stop."""
        known, rows = learned_rows(train)
        judges = judging_rows(valid, known)
        booster = XGBClassifier(
            learning_rate=self.learning_rate,
            max_depth=self.max_depth,
            min_child_weight=self.min_child_weight,
            subsample=self.subsample,
            colsample_bytree=self.colsample_bytree,
            reg_lambda=self.reg_lambda,
            n_estimators=self.n_estimators,
            early_stopping_rounds=self.patience if judges else None,
            tree_method="hist",
            n_jobs=1,
            random_state=seed,
            eval_metric="logloss" if len(known) == 2 else "mlogloss",
        )
        booster.fit(rows.X, rows.y, sample_weight=rows.weight, verbose=False, **_judged(judges))
        rounds = booster.best_iteration + 1 if judges else booster.get_booster().num_boosted_rounds()
        settled = replace(self, n_estimators=rounds)
        nodes = partial(_nodes, booster, rounds)
        return BoostedFitted(booster.predict_proba, known, train.n_classes, rounds, nodes, settled)


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


def _judged(judges: Rows | None) -> dict[str, Any]:
    if judges is None:
        return {}
    return {"eval_set": [(judges.X, judges.y)], "sample_weight_eval_set": [judges.weight]}


def _nodes(booster: XGBClassifier, rounds: int) -> int:
    return sum(tree.count("\n") for tree in booster.get_booster()[:rounds].get_dump())  # a node a line
