"""The control that sees the empty field around the cells."""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from baselines.classic import all_classes, counted
from baselines.controls.background_colours import background_table
from baselines.controls.prior import Prior
from baselines.patients import patient_weights
from datasets.cohort import Cohort


class BackgroundOnly:
    """Grow a random forest on the median colour of the empty field in the corners of images, averaged over the bag.

    It sees no pixel of a cell. From every image the same number of pixels is measured, and how many there were, where
    they lay and in how many images there were any is not told, so size and shape of cells cannot be read. A specimen
    without any image that has a background is not learnt from and gets the class frequencies of the training patients.
    Above chance, the class shows in stain, scanner or lamp: other entries that see images may read that too.
    """

    needs: frozenset[str] = frozenset({"images"})
    reads = frozenset({"images"})
    family = "control"

    def __init__(self, *, seed: int = 0, n_estimators: Annotated[int, "[1, 100000]"] = 500) -> None:
        self.seed = seed
        self.n_estimators = n_estimators

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Learn from ``train``; ``valid`` is not read."""
        self.prior_ = Prior().fit(train, valid)
        X = background_table(train)
        seen = np.flatnonzero(X.notna().all(axis=1))
        self.forest_ = None
        if len(seen):
            forest = RandomForestClassifier(n_estimators=self.n_estimators, random_state=self.seed, n_jobs=1)
            weights = patient_weights(train.patient[seen])
            self.forest_ = forest.fit(X.iloc[seen], train.y[seen], sample_weight=weights)
        self.report_ = {"without_background": len(train) - len(seen), **counted(self.forest_)}
        return self

    def refit(self, cohort: Cohort) -> Self:
        """Learn anew from train and valid together."""
        return self.fit(cohort, cohort[np.array([], dtype=np.int64)])

    def predict_proba(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes), rows sum to 1."""
        proba = self.prior_.predict_proba(cohort)
        X = background_table(cohort)
        seen = np.flatnonzero(X.notna().all(axis=1))
        if self.forest_ is not None and len(seen):
            known = self.forest_.predict_proba(X.iloc[seen])
            proba[seen] = all_classes(known, self.forest_.classes_, cohort.n_classes)
        return proba
