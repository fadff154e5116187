"""What the controls that grow a forest share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from baselines.classic import all_classes, counted
from baselines.patients import patient_weights
from datasets.cohort import Cohort


class ForestControl(ABC):
    """Grow a random forest on a table of what should tell nothing.

    Args:
        seed: Seed of bootstrap and column draws.
        n_estimators: Number of trees.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    family = "control"

    def __init__(self, *, seed: int = 0, n_estimators: Annotated[int, "[1, 100000]"] = 500) -> None:
        self.seed = seed
        self.n_estimators = n_estimators

    @abstractmethod
    def table(self, cohort: Cohort) -> pd.DataFrame:
        """Return what the control sees, float64 (n, n_features)."""

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Learn from ``train``; ``valid`` is not read."""
        X = self.table(train)
        forest = RandomForestClassifier(n_estimators=self.n_estimators, random_state=self.seed, n_jobs=1)
        self.forest_ = forest.fit(X, train.y, sample_weight=patient_weights(train.patient))
        self.report_ = {"n_features": X.shape[1], **counted(self.forest_)}
        return self

    def refit(self, cohort: Cohort) -> Self:
        """Learn anew from train and valid together."""
        return self.fit(cohort, cohort[np.array([], dtype=np.int64)])

    def predict_proba(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes), rows sum to 1."""
        if not len(cohort):
            return np.empty((0, cohort.n_classes))
        return all_classes(self.forest_.predict_proba(self.table(cohort)), self.forest_.classes_, cohort.n_classes)
