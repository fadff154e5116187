"""The part ``blocks = "logistic"``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from sklearn.linear_model import LogisticRegression

from baselines.classic import CHOSEN, Fitted, FittedEstimator, Table, least_loss
from baselines.learners.tables import fit_softmax, scaled_columns

_GRID = (1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2)


@dataclass(frozen=True, kw_only=True)
class Logistic:
    """L2-penalised softmax on imputed, standardised values clipped at 4 sd, with marks of what was missing.

    Args:
        C: Inverse strength of the penalty; "chosen" takes the power of ten from 0.001 to 100 with the least log-loss
            on five inner folds, by patient.
        block_scaling: Divide each feature group by the root of its number of columns, so that 15 clinical values
            have the same prior say in the logit as 2,000 genes.

    Reference: Hoerl and Kennard, "Ridge regression: biased estimation for nonorthogonal problems", Technometrics 1970;
    le Cessie and van Houwelingen, "Ridge estimators in logistic regression", Applied Statistics 1992.
    """

    C: Annotated[float | Literal["chosen"], "(0, inf)"] = "chosen"
    block_scaling: bool = True

    def fit(self, train: Table, valid: Table, seed: int) -> Fitted:
        """Learn from ``train``; ``valid`` is not read; the seed deals the inner folds."""
        if self.C == CHOSEN:
            grid = [replace(self, C=c) for c in _GRID]
            return least_loss(grid, train, seed).fit(train, valid, seed)
        softmax = LogisticRegression(C=self.C, max_iter=5000, tol=1e-8)
        pipeline = fit_softmax(scaled_columns(train.X, self.block_scaling), softmax, train)
        return FittedEstimator.of(pipeline, train.n_classes, settled=self, C=self.C)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``Logistic``."""
    return {
        "C": trial.suggest_float("C", 1e-4, 1e2, log=True),
        "block_scaling": trial.suggest_categorical("block_scaling", [False, True]),
    }
