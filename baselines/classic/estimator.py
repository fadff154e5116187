"""Any scikit-learn classifier as an entry."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from baselines.classic.parameter_count import counted
from baselines.features import DEFAULT_GROUPS, FeatureTable
from baselines.patients import patient_weights
from datasets.cohort import Cohort


class EstimatorEntry:
    """Fit a scikit-learn classifier on the tabular view of a cohort.

    Columns are fixed on train, the estimator is fitted on train only, each patient counts once (specimens weigh
    1 / specimens of the patient, mean 1). A class that train lacks gets probability 0.

    Args:
        estimator: Unfitted classifier or pipeline that takes a DataFrame and ``sample_weight``; it is cloned.

    Attributes:
        groups: Feature groups to use where the dataset has them; a subclass may choose others.
    """

    needs: frozenset[str] = frozenset()
    groups: tuple[str, ...] = DEFAULT_GROUPS

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Learn from ``train``; ``valid`` is not read."""
        self.features_ = FeatureTable(self.groups).fit(train)
        X = self.features_.transform(train)
        weights = {_weight_argument(self.estimator): patient_weights(train.patient)}
        self.estimator_ = clone(self.estimator).fit(X, train.y, **weights)
        facts = {"n_features": X.shape[1], **self.features_.facts()}
        self.report_ = {**facts, **counted(self.estimator_)}
        return self

    def predict_proba(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes), rows sum to 1."""
        if not len(cohort):
            return np.empty((0, cohort.n_classes))
        proba = self.estimator_.predict_proba(self.features_.transform(cohort))
        return all_classes(proba, self.estimator_.classes_, cohort.n_classes)


def all_classes(proba: NDArray[Any], known: NDArray[np.int64], n_classes: int) -> NDArray[np.float64]:
    """Place columns of known classes among all, zero elsewhere, rows summing to 1.

    Args:
        proba: Probabilities of the known classes, (n, len(known)).
        known: Position of each column among all classes, int64.
        n_classes: Number of all classes.
    """
    full = np.zeros((len(proba), n_classes))
    full[:, known] = proba
    return full / full.sum(axis=1, keepdims=True)


def _weight_argument(estimator: Any) -> str:
    last = f"{estimator.steps[-1][0]}__" if isinstance(estimator, Pipeline) else ""
    return f"{last}sample_weight"
