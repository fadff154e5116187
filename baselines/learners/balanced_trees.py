"""What the parts ``forest`` and ``extra-trees`` share: trees that see classes alike, probabilities that do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.classic import Table, all_classes, counted, posterior, sharpness

# Laplace: with few trees a class without a vote is not impossible.
_VOTE = 0.5


@dataclass(frozen=True)
class CalibratedTrees:
    """Trees grown on classes of equal weight; their evidence, sharpened on out-of-bag votes, meets the class shares.

    Attributes:
        trees: Fitted with ``classes_`` 0..k-1 of ``known``.
        known: Classes that train had.
        prior: Their shares of patients, float64 (k,).
        n_classes: All classes of the task.
        sharpness: Factor on the evidence.
    """

    trees: Any
    known: NDArray[np.int64]
    prior: NDArray[np.float64]
    n_classes: int
    sharpness: float

    @classmethod
    def of(cls, trees: Any, train: Table) -> CalibratedTrees:
        """Fit the trees, which must keep ``oob_decision_function_``, and choose the sharpness."""
        known, y = np.unique(train.y, return_inverse=True)
        prior = train.prior[known]
        trees.fit(train.X, y, sample_weight=train.weight / (prior * len(known))[y])
        held = trees.oob_decision_function_
        voted = np.isfinite(held).all(axis=1) & (held.sum(axis=1) > 0)
        evidence = _evidence(held[voted], len(trees.estimators_))
        factor = sharpness(evidence, np.log(prior), y[voted], train.weight[voted]) if voted.any() else 1.0
        return cls(trees, known, prior, train.n_classes, factor)

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return nodes of all trees, and the sharpness."""
        return {**counted(self.trees), "sharpness": round(self.sharpness, 4)}

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes)."""
        evidence = _evidence(self.trees.predict_proba(X), len(self.trees.estimators_))
        return all_classes(posterior(self.sharpness * evidence, self.prior), self.known, self.n_classes)


def _evidence(votes: NDArray[np.float64], n_trees: int) -> NDArray[np.float64]:
    return np.log(votes + _VOTE / n_trees)
