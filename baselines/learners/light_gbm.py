"""The part ``blocks = "lightgbm"``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from baselines.classic import Table
from baselines.learners.boosting import BoostedFitted, Rows, judging_rows, learned_rows

try:
    import lightgbm
except OSError as error:
    raise ImportError(
        f"LightGBM is installed but cannot be loaded ({error}). It needs OpenMP, which it does not bring: "
        "apt install libgomp1 on Debian and Ubuntu, brew install libomp on macOS."
    ) from error

_QUIET = {"verbosity": -1}


@dataclass(frozen=True, kw_only=True)
class LightGbm:
    """LightGBM, whose trees grow leaf by leaf, until the log-loss on valid has not improved for a while.

    Missing values go the way that serves training best. One thread, so that summation order never changes a byte.

    Args:
        learning_rate: Shrinkage of each tree.
        num_leaves: Most leaves of a tree.
        min_child_samples: Smallest number of specimens in a leaf.
        subsample: Share of specimens drawn for a tree.
        colsample_bytree: Share of columns drawn for a tree.
        reg_lambda: L2 penalty on leaf values.
        n_estimators: Most rounds of boosting.
        patience: Rounds without a better log-loss on ``valid`` before stopping.

    Reference: Ke et al., "LightGBM: a highly efficient gradient boosting decision tree", NeurIPS 2017,
    https://papers.nips.cc/paper/6907-lightgbm-a-highly-efficient-gradient-boosting-decision-tree
    Differs from the library's defaults in: leaves of 5 rather than 20 specimens (a class may have fewer than 20 in
    train), half of the columns a tree and an L2 penalty of 1, as for XGBoost; early stopping.
    """

    learning_rate: Annotated[float, "(0, 1]"] = 0.1
    num_leaves: Annotated[int, "[2, 131072]"] = 31
    min_child_samples: Annotated[int, "[1, 1000000]"] = 5
    subsample: Annotated[float, "(0, 1]"] = 1.0
    colsample_bytree: Annotated[float, "(0, 1]"] = 0.5
    reg_lambda: Annotated[float, "[0, inf)"] = 1.0
    n_estimators: Annotated[int, "[1, 100000]"] = 500
    patience: Annotated[int, "[1, 100000]"] = 50

    def fit(self, train: Table, valid: Table, seed: int) -> BoostedFitted:
        """Learn from ``train``; specimens of ``valid`` whose class train has decide when to stop."""
        known, rows = learned_rows(train)
        judges = judging_rows(valid, known)
        data = lightgbm.Dataset(rows.X, rows.y, weight=rows.weight, params=_QUIET)
        booster = lightgbm.train(
            {**self._library(len(known)), "seed": seed}, data, self.n_estimators, **self._judged(judges, data)
        )
        rounds = booster.best_iteration if judges else booster.current_iteration()
        settled = replace(self, n_estimators=rounds)
        predict, nodes = partial(_predict, booster, rounds), partial(_nodes, booster, rounds)
        return BoostedFitted(predict, known, train.n_classes, rounds, nodes, settled)

    def _library(self, n_known: int) -> dict[str, Any]:
        objective = {"objective": "binary"} if n_known == 2 else {"objective": "multiclass", "num_class": n_known}
        return {
            **objective,
            **_QUIET,
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": self.min_child_samples,
            "bagging_fraction": self.subsample,
            "bagging_freq": 1,
            "feature_fraction": self.colsample_bytree,
            "lambda_l2": self.reg_lambda,
            "num_threads": 1,
            "deterministic": True,
            "force_col_wise": True,
        }

    def _judged(self, judges: Rows | None, data: lightgbm.Dataset) -> dict[str, Any]:
        if judges is None:
            return {}
        judging = data.create_valid(judges.X, judges.y, weight=judges.weight)
        return {"valid_sets": [judging], "callbacks": [lightgbm.early_stopping(self.patience, verbose=False)]}


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``LightGbm``."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 4, 63, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 2, 20, log=True),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.1, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 100, log=True),
    }


def _predict(booster: lightgbm.Booster, rounds: int, X: NDArray[np.float64]) -> NDArray[np.float64]:
    proba = np.asarray(booster.predict(X, num_iteration=rounds, num_threads=1))
    return np.column_stack([1 - proba, proba]) if proba.ndim == 1 else proba


def _nodes(booster: lightgbm.Booster, rounds: int) -> int:
    trees = booster.dump_model(num_iteration=rounds)["tree_info"]
    return sum(2 * tree["num_leaves"] - 1 for tree in trees)
