"""The part ``blocks = "elastic-net"``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from baselines.classic import CHOSEN, Fitted, FittedEstimator, Table, least_loss
from baselines.learners.tables import scaled_columns

_GRID = (0.01, 0.03, 0.1, 0.3, 1.0)


@dataclass(frozen=True, kw_only=True)
class ElasticNet:
    """Softmax with an L1 and an L2 penalty on the columns of ``logistic``: correlated columns stay or go together.

    Args:
        C: Inverse strength of the penalty; "chosen" takes the one of 0.01, 0.03, 0.1, 0.3, 1 with the least log-loss
            on five inner folds, by patient.
        l1_ratio: Share of L1 in the penalty.
        block_scaling: Divide each feature group by the root of its number of columns.

    Reference: Zou and Hastie, "Regularization and variable selection via the elastic net", JRSS B 2005; Friedman et
    al., "Regularization paths for generalized linear models via coordinate descent", JSS 2010.
    """

    C: Annotated[float | Literal["chosen"], "(0, inf)"] = "chosen"
    l1_ratio: Annotated[float, "[0, 1]"] = 0.5
    block_scaling: bool = False

    def fit(self, train: Table, valid: Table, seed: int) -> Fitted:
        """Learn from ``train``; ``valid`` is not read; the seed deals the inner folds and orders the descent."""
        if self.C == CHOSEN:
            grid = [replace(self, C=c) for c in _GRID]
            return least_loss(grid, train, seed).fit(train, valid, seed)
        softmax = LogisticRegression(
            C=self.C, l1_ratio=self.l1_ratio, solver="saga", max_iter=5000, tol=1e-3, random_state=seed
        )
        pipeline = make_pipeline(scaled_columns(train.X, self.block_scaling), softmax)
        pipeline.fit(train.X, train.y, logisticregression__sample_weight=train.weight)
        kept = int((softmax.coef_ != 0).sum())
        return FittedEstimator.of(pipeline, train.n_classes, settled=self, C=self.C, coefficients_left=kept)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``ElasticNet``."""
    return {
        "C": trial.suggest_float("C", 3e-3, 10, log=True),
        "l1_ratio": trial.suggest_float("l1_ratio", 0.1, 1.0),
        "block_scaling": trial.suggest_categorical("block_scaling", [False, True]),
    }
