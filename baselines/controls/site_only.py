"""The control that looks at the site alone: class frequencies among training patients of the same domain."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from baselines.patients import patient_weights
from datasets.cohort import Cohort


class SiteOnly:
    """Predict how frequent each class is among the training patients of the specimen's domain.

    One patient, spread over the classes as all training patients are, is added to each domain. So a class that a
    domain never showed is rare there, not impossible, and a domain that training never saw gets the frequencies of all
    training patients. A patient with several specimens in a domain counts once there.

    Above chance, class and site go together. The harness hides ids, labels and truth from entries but leaves them the
    domain (``Cohort.blinded``), because entries that adapt to a site need it: so every entry may use what this control
    uses, and an entry that sees the site in pixels or in missing values does so without being told.
    """

    needs: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    family = "control"

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Count classes of ``train`` in each domain; ``valid`` is not read."""
        everywhere = _patients(train)
        self.overall_ = everywhere / everywhere.sum()
        counts = {str(d): _patients(train[train.domain == d]) for d in np.unique(train.domain)}
        self.frequencies_ = {d: (own + self.overall_) / (own.sum() + 1) for d, own in counts.items()}
        self.report_ = {"patients": {d: round(float(own.sum()), 3) for d, own in counts.items()}}
        return self

    def refit(self, cohort: Cohort) -> Self:
        """Learn anew from train and valid together."""
        return self.fit(cohort, cohort[np.array([], dtype=np.int64)])

    def predict_proba(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return one row for each domain, float64 (n, n_classes), rows sum to 1."""
        rows = [self.frequencies_.get(str(domain), self.overall_) for domain in cohort.domain]
        return np.reshape(rows, (len(cohort), len(self.overall_)))


def _patients(train: Cohort) -> NDArray[np.float64]:
    """Return the number of patients of each class; a patient of several classes counts in parts."""
    share = patient_weights(train.patient) * (len(np.unique(train.patient)) / len(train))
    return np.bincount(train.y, share, train.n_classes).astype(np.float64)
