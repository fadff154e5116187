"""The part ``blocks = "svm-rbf"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import SVC

from baselines.classic import FOLDS, Table, all_classes, patient_folds
from baselines.learners.tables import scaled_columns


@dataclass(frozen=True, kw_only=True)
class SvmRbf:
    """Support vector machine with a Gaussian kernel; its margins of held-out patients are turned into probabilities.

    Columns are those of ``logistic``. Classes have equal weight in the margin. A softmax on the margins of five inner
    folds, by patient, gives probabilities (Platt scaling for several classes) under the class shares of train.

    Args:
        C: Cost of a specimen on the wrong side.
        gamma: Width of the kernel times the mean squared distance between columns; 1 is scikit-learn's "scale".
        block_scaling: Divide each feature group by the root of its number of columns.

    Reference: Cortes and Vapnik, "Support-vector networks", Machine Learning 1995, https://doi.org/10.1007/BF00994018;
    Platt, "Probabilistic outputs for support vector machines", 1999.
    """

    C: Annotated[float, "(0, inf)"] = 1.0
    gamma: Annotated[float, "(0, inf)"] = 1.0
    block_scaling: bool = True

    def fit(self, train: Table, valid: Table, seed: int) -> SvmFitted:
        """Learn from ``train``; ``valid`` is not read; the seed deals the inner folds."""
        known, y = np.unique(train.y, return_inverse=True)
        local = train._replace(y=y, n_classes=len(known))
        margins, held_out = np.zeros((len(y), len(known))), np.zeros(len(y), dtype=bool)
        for learn, held in patient_folds(y, train.patient, FOLDS, seed):
            if len(np.unique(y[learn])) == len(known):
                part, rest = local.split(learn, held)
                margins[held], held_out[held] = _margins(self._machine(part), rest.X), True
        machine = self._machine(local)
        if not held_out.any():
            margins, held_out = _margins(machine, train.X), np.ones(len(y), dtype=bool)
        scale = LogisticRegression(C=1.0, max_iter=2000)
        scale.fit(margins[held_out], y[held_out], sample_weight=train.weight[held_out])
        return SvmFitted(machine, scale, known, train.n_classes)

    def _machine(self, table: Table) -> Pipeline:
        columns = scaled_columns(table.X, self.block_scaling)
        spread = columns.fit_transform(table.X).var() * columns.transform(table.X.iloc[:1]).shape[1]
        svm = SVC(C=self.C, gamma=self.gamma / max(spread, 1e-12), class_weight="balanced", break_ties=False)
        return make_pipeline(columns, svm).fit(table.X, table.y, svc__sample_weight=table.weight)


@dataclass(frozen=True)
class SvmFitted:
    """The machine on all of train and the softmax on margins."""

    machine: Any
    scale: Any
    known: NDArray[np.int64]
    n_classes: int

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return the number of support vectors, and the numbers in them as parameters."""
        svm = self.machine.steps[-1][1]
        return {"support_vectors": len(svm.support_), "n_parameters": int(svm.dual_coef_.size + svm.intercept_.size)}

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes)."""
        proba = self.scale.predict_proba(_margins(self.machine, X))
        return all_classes(proba, self.known[self.scale.classes_], self.n_classes)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``SvmRbf``."""
    return {
        "C": trial.suggest_float("C", 1e-2, 1e2, log=True),
        "gamma": trial.suggest_float("gamma", 1e-2, 10, log=True),
        "block_scaling": trial.suggest_categorical("block_scaling", [False, True]),
    }


def _margins(machine: Any, X: pd.DataFrame) -> NDArray[np.float64]:
    """Return one margin a class, float64 (n, k)."""
    margins = machine.decision_function(X)
    return np.column_stack([-margins, margins]) if margins.ndim == 1 else margins
