"""The part ``blocks = "lda"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from baselines.classic import Table, all_classes


@dataclass(frozen=True, kw_only=True)
class ShrinkageLda:
    """Linear discriminant analysis with a shrunken covariance; what a specimen lacks is integrated out.

    Features are standardised within class, and the covariance of each class is shrunk towards a multiple of the
    identity by the intensity with the least expected error (Ledoit and Wolf), then averaged by class share. Missing
    values are class means in training; in prediction the Gaussian of the measured features decides. One specimen a
    class tells nothing of their spread: the prior is said.

    Args:
        class_prior: "train" are the shares of patients; "flat" is the same for every class.

    Reference: Ledoit and Wolf, "Honey, I shrunk the sample covariance matrix", Journal of Portfolio Management 2004;
    Ramey et al., "High-dimensional regularized discriminant analysis", 2016, https://arxiv.org/abs/1602.01182
    """

    class_prior: Literal["train", "flat"] = "train"

    def fit(self, train: Table, valid: Table, seed: int) -> LdaFitted:
        """Learn from ``train``; ``valid`` is not read, and there is a closed form, so no seed is."""
        known, y = np.unique(train.y, return_inverse=True)
        prior = train.prior[known] if self.class_prior == "train" else np.full(len(known), 1 / len(known))
        X = _filled(train.X.to_numpy(dtype=np.float64), y)
        if len(y) == len(known):
            shape = (len(known), X.shape[1])
            return LdaFitted(np.zeros(shape), np.eye(X.shape[1]), np.log(prior), known, train.n_classes)
        lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=prior).fit(X, y)
        return LdaFitted(lda.means_, lda.covariance_, np.log(prior), known, train.n_classes)


@dataclass(frozen=True)
class LdaFitted:
    """Class means (k, p), the common covariance (p, p) and log-priors (k,) of the ``known`` classes."""

    means: NDArray[np.float64]
    covariance: NDArray[np.float64]
    log_prior: NDArray[np.float64]
    known: NDArray[np.int64]
    n_classes: int

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return the coefficients and intercepts of the linear rule."""
        return {"n_parameters": self.means.size + len(self.means)}

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes)."""
        values = X.to_numpy(dtype=np.float64)
        patterns, owner = np.unique(~np.isnan(values), axis=0, return_inverse=True)
        log_proba = np.empty((len(values), len(self.known)))
        for i, there in enumerate(patterns):
            rows = owner.ravel() == i
            log_proba[rows] = self._log_posterior(values[rows][:, there], there)
        return all_classes(np.exp(log_proba), self.known, self.n_classes)

    def _log_posterior(self, values: NDArray[np.float64], there: NDArray[np.bool_]) -> NDArray[np.float64]:
        means, covariance = self.means[:, there], self.covariance[np.ix_(there, there)]
        weights = np.linalg.lstsq(covariance, means.T, rcond=None)[0]
        offset = self.log_prior - 0.5 * np.einsum("kp,pk->k", means, weights)
        return np.asarray(log_softmax(values @ weights + offset, axis=1))


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: the shrinkage has a closed form, and the prior is a matter of honesty, not of tuning."""
    return {}


def _filled(X: NDArray[np.float64], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Put the mean of its class, of all where the class has none, or 0 in place of what is missing."""
    usual = _means(X, np.zeros(X.shape[1]))
    return np.where(np.isnan(X), np.stack([_means(X[y == k], usual) for k in range(y.max() + 1)])[y], X)


def _means(X: NDArray[np.float64], otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
    counts = (~np.isnan(X)).sum(axis=0)
    return np.where(counts > 0, np.nansum(X, axis=0) / np.maximum(counts, 1), otherwise)
