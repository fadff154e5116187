"""The part ``blocks = "nearest-centroid"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_softmax

from baselines.classic import CHOSEN, Fitted, Table, all_classes, least_loss

_GRID = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)


@dataclass(frozen=True, kw_only=True)
class NearestCentroid:
    """Nearest shrunken centroid: class means move towards the overall mean, and features that reach it drop out.

    What a specimen lacks is left out of its distances.

    Args:
        threshold: Standard errors by which a class mean moves; "chosen" takes the one of 0, 0.5, 1, ... 4 with the
            least log-loss on five inner folds, by patient.

    Reference: Tibshirani et al., "Diagnosis of multiple cancer types by shrunken centroids of gene expression",
    PNAS 2002, https://doi.org/10.1073/pnas.082099299
    """

    threshold: Annotated[float | Literal["chosen"], "[0, inf)"] = "chosen"

    def fit(self, train: Table, valid: Table, seed: int) -> Fitted:
        """Learn from ``train``; ``valid`` is not read."""
        if self.threshold == CHOSEN:
            grid = [replace(self, threshold=t) for t in _GRID]
            return least_loss(grid, train, seed).fit(train, valid, seed)
        known, y = np.unique(train.y, return_inverse=True)
        centroids, sd = shrunken_centroids(train.X.to_numpy(dtype=np.float64), y, float(self.threshold))
        return CentroidFitted(centroids, sd, np.log(train.prior[known]), known, train.n_classes, self)


@dataclass(frozen=True)
class CentroidFitted:
    """Shrunken centroids (k, p), sd of each feature (p,) and log-priors (k,) of the ``known`` classes."""

    centroids: NDArray[np.float64]
    sd: NDArray[np.float64]
    log_prior: NDArray[np.float64]
    known: NDArray[np.int64]
    n_classes: int
    settled: NearestCentroid

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return the threshold, how many features are left, and the centroid values that differ from the mean."""
        left = np.ptp(self.centroids, axis=0) > 0
        used = int(left.sum())
        return {
            "threshold": self.settled.threshold,
            "features_left": used,
            "n_parameters": used * (len(self.known) + 1) + len(self.known),
        }

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes)."""
        scaled = X.to_numpy(dtype=np.float64) / self.sd
        away = np.stack([np.nansum((scaled - c / self.sd) ** 2, axis=1) for c in self.centroids], axis=1)
        return all_classes(np.exp(log_softmax(self.log_prior - 0.5 * away, axis=1)), self.known, self.n_classes)


def shrunken_centroids(
    X: NDArray[np.float64], y: NDArray[np.int64], threshold: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return shrunken centroids (k, p) and the sd that distances are measured in (p,).

    Args:
        X: (n, p), NaN where nothing was measured.
        y: Classes 0..k-1, every one with a specimen.
        threshold: In units of the standard error of a class mean.
    """
    k = y.max() + 1
    there = ~np.isnan(X)
    counts = np.stack([there[y == c].sum(axis=0) for c in range(k)])
    overall = np.nansum(X, axis=0) / np.maximum(there.sum(axis=0), 1)
    sums = np.stack([np.nansum(X[y == c], axis=0) for c in range(k)])
    means = np.where(counts > 0, sums / np.maximum(counts, 1), overall)
    squares = np.nansum((X - means[y]) ** 2, axis=0)
    sd = np.sqrt(squares / np.maximum(there.sum(axis=0) - k, 1))
    sd = sd + np.median(sd)
    sd = np.where(sd > 0, sd, 1.0)
    total = np.maximum(there.sum(axis=0), 1)
    error = np.sqrt(np.maximum(1 / np.maximum(counts, 1) - 1 / total, 1e-12)) * sd
    apart = (means - overall) / error
    left = np.sign(apart) * np.maximum(np.abs(apart) - threshold, 0)
    return overall + left * error, sd


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``NearestCentroid``."""
    return {"threshold": trial.suggest_float("threshold", 0.0, 5.0)}
