"""The control that looks at nothing: class frequencies among training patients."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from baselines.patients import patient_weights
from datasets.cohort import Cohort


class Prior:
    """Predict how frequent each class is among the training patients, for everybody.

    A patient with several specimens counts once. What an entry gains over this row is what it learned.
    """

    needs: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    family = "control"

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Count classes of ``train``; ``valid`` is not read."""
        counts = np.bincount(train.y, patient_weights(train.patient), train.n_classes)
        self.frequencies_ = counts / counts.sum()
        return self

    def refit(self, cohort: Cohort) -> Self:
        """Learn anew from train and valid together."""
        return self.fit(cohort, cohort[np.array([], dtype=np.int64)])

    def predict_proba(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return the same row for every specimen, float64 (n, n_classes)."""
        return np.tile(self.frequencies_, (len(cohort), 1))
