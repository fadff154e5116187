"""The part ``blocks = "naive-bayes"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_softmax
from scipy.stats import skew

from baselines.classic import Table, all_classes
from baselines.patients import patient_shares


@dataclass(frozen=True, kw_only=True)
class NaiveBayes:
    """Gaussian and categorical naive Bayes that leaves out what was not measured, which is exact.

    Columns "name=category" are one categorical variable, as are numbers that are only 0 and 1. A positive number is
    taken in its logarithm where that is less skewed on train.

    Args:
        pooling: Patients' worth of the variance within all classes in the variance of each class.
        smoothing: Patients' worth of the frequencies of all classes in those of each class.
        class_prior: "train" are the shares of patients; "flat" is the same for every class.

    Reference: Domingos and Pazzani, "On the optimality of the simple Bayesian classifier", Machine Learning 1997,
    https://doi.org/10.1023/A:1007413511361
    """

    pooling: Annotated[float, "(0, inf)"] = 30.0
    smoothing: Annotated[float, "(0, inf)"] = 5.0
    class_prior: Literal["train", "flat"] = "train"

    def fit(self, train: Table, valid: Table, seed: int) -> NaiveBayesFitted:
        """Learn from ``train``; ``valid`` is not read, and there is a closed form, so no seed is."""
        known, y = np.unique(train.y, return_inverse=True)
        prior = train.prior[known] if self.class_prior == "train" else np.full(len(known), 1 / len(known))
        weight = np.eye(len(known))[y].T * patient_shares(train.patient)
        variables: list[Gaussian | Categorical] = []
        for columns in variables_of(train.X):
            values = train.X[columns].to_numpy(dtype=np.float64)
            if len(columns) > 1 or np.isin(values[~np.isnan(values)], (0, 1)).all():
                variables.append(_categorical(columns, values, weight, self.smoothing))
            else:
                variables.append(_gaussian(columns, values[:, 0], weight, self.pooling))
        return NaiveBayesFitted(variables, np.log(prior), known, train.n_classes)


@dataclass(frozen=True)
class Gaussian:
    """A number, or its logarithm, with mean (k,) and sd (k,) in each class."""

    columns: list[str]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    logarithm: bool

    @property
    def n_parameters(self) -> int:
        """Return how many numbers were fitted."""
        return self.mean.size + self.sd.size

    def log_likelihood(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return float64 (n, k), 0 where the value is missing."""
        values = X[self.columns[0]].to_numpy(dtype=np.float64)
        values = _log(values) if self.logarithm else values
        z = (values[:, None] - self.mean) / self.sd
        return np.where(np.isnan(z), 0.0, -0.5 * z**2 - np.log(self.sd))


@dataclass(frozen=True)
class Categorical:
    """One of several categories, with log-probabilities (k, categories); one column alone is no or yes."""

    columns: list[str]
    log_proba: NDArray[np.float64]

    @property
    def n_parameters(self) -> int:
        """Return how many numbers were fitted."""
        return self.log_proba.size

    def log_likelihood(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return float64 (n, k), 0 where the category is missing or was not known in training."""
        hot = _hot(X[self.columns].to_numpy(dtype=np.float64))
        strange = ~np.isin(hot, (0, 1)).all(axis=1, keepdims=True)
        return np.where(strange, 0.0, np.nan_to_num(hot) @ self.log_proba.T)


@dataclass(frozen=True)
class NaiveBayesFitted:
    """Fitted variables and log-priors (k,) of the ``known`` classes."""

    variables: list[Gaussian | Categorical]
    log_prior: NDArray[np.float64]
    known: NDArray[np.int64]
    n_classes: int

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return the number of means, sd and probabilities."""
        return {"n_parameters": sum(v.n_parameters for v in self.variables) + len(self.log_prior)}

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes)."""
        joint = np.tile(self.log_prior, (len(X), 1))
        for variable in self.variables:
            joint += variable.log_likelihood(X)
        return all_classes(np.exp(log_softmax(joint, axis=1)), self.known, self.n_classes)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``NaiveBayes``."""
    return {
        "pooling": trial.suggest_float("pooling", 1.0, 100.0, log=True),
        "smoothing": trial.suggest_float("smoothing", 0.5, 10.0, log=True),
    }


def variables_of(X: pd.DataFrame) -> list[list[str]]:
    """Return the columns of each variable: "name=category" columns of one name together, others alone."""
    found: dict[str, list[str]] = {}
    for column in map(str, X.columns):
        found.setdefault(column.partition("=")[0], []).append(column)
    return list(found.values())


def _gaussian(columns: list[str], values: NDArray[np.float64], weight: NDArray[np.float64], pooling: float) -> Gaussian:
    there = ~np.isnan(values)
    known, w = values[there], weight[:, there]
    logarithm = bool((known > 0).all()) and _less_skewed(known)
    known = np.log(known) if logarithm else known
    counts = w.sum(axis=1)
    usual = np.average(known, weights=w.sum(axis=0)) if len(known) else 0.0
    mean = np.where(counts > 0, w @ known / np.maximum(counts, 1e-12), usual)
    if not len(known) or np.ptp(known) == 0:  # what never varied tells nothing of a patient in whom it does
        return Gaussian(columns, np.full(len(w), usual), np.ones(len(w)), logarithm)
    squares = (w * (known - mean[:, None]) ** 2).sum(axis=1)
    common = max(squares.sum() / max(counts.sum() - len(counts), 1.0), 1e-12)
    degrees = np.maximum(counts - 1, 0)
    return Gaussian(columns, mean, np.sqrt((squares + pooling * common) / (degrees + pooling)), logarithm)


def _categorical(
    columns: list[str], values: NDArray[np.float64], weight: NDArray[np.float64], smoothing: float
) -> Categorical:
    hot = _hot(values)
    there = ~np.isnan(hot).any(axis=1)
    counts = weight[:, there] @ hot[there]
    common = (counts.sum(axis=0) + 1) / (counts.sum() + counts.shape[1])
    share = (counts + smoothing * common) / (counts.sum(axis=1, keepdims=True) + smoothing)
    return Categorical(columns, np.log(share))


def _hot(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hstack([1 - values, values]) if values.shape[1] == 1 else values


def _less_skewed(values: NDArray[np.float64]) -> bool:
    if len(np.unique(values)) < 3:
        return False
    return bool(abs(skew(np.log(values))) < abs(skew(values)))


def _log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return logarithms; a value of a new specimen that is not positive counts as missing."""
    return np.log(values, out=np.full(len(values), np.nan), where=values > 0)
