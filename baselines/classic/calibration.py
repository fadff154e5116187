"""Two numbers that turn what a learner says into probabilities that hold for new patients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

# A learner that never errs on train says 0 and 1; nobody is that sure of a new patient.
_FLOOR = 1e-6
_BOUNDS = [(-5, 5), (-3, 3)]


class Calibration(NamedTuple):
    """Make ``sharpness`` x evidence + ``tilt`` x log-prior of evidence, which is log-posterior less log-prior.

    A learner that is too sure gets a sharpness below 1; votes of trees, which say too little, above. A negative tilt
    gives rare classes what such a learner took from them.
    """

    sharpness: float = 1.0
    tilt: float = 0.0

    def __call__(self, evidence: NDArray[np.float64], log_prior: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the evidence, float64 (n, k), that meets the prior, (k,)."""
        return self.sharpness * evidence + self.tilt * log_prior


UNCHANGED = Calibration()


def fit_calibration(
    evidence: NDArray[np.float64], log_prior: NDArray[np.float64], y: NDArray[np.int64], weight: NDArray[np.float64]
) -> Calibration:
    """Return the calibration with the least log-loss, held near (1, 0) by one patient's worth of a normal prior.

    Args:
        evidence: About specimens that the learner has not seen, float64 (n, k).
        log_prior: Logarithms of class shares, (k,).
        y: Classes, (n,).
        weight: Of the specimens, (n,), in patients.

    Reference: Platt 1999; Guo et al., "On calibration of modern neural networks", ICML 2017,
    https://arxiv.org/abs/1706.04599 (a temperature).
    Differs from the papers in: two numbers for any number of classes; evidence and prior are scaled apart.
    """

    best = minimize(_loss, np.zeros(2), args=(evidence, log_prior, y, weight), method="L-BFGS-B", bounds=_BOUNDS).x
    return Calibration(float(np.exp(best[0])), float(best[1]))


def calibrated_loss(
    evidence: NDArray[np.float64], log_prior: NDArray[np.float64], y: NDArray[np.int64], weight: NDArray[np.float64]
) -> float:
    """Return the log-loss that the best calibration leaves; arguments as of ``fit_calibration``."""
    best = minimize(_loss, np.zeros(2), args=(evidence, log_prior, y, weight), method="L-BFGS-B", bounds=_BOUNDS)
    return float(best.fun)


def _loss(
    numbers: NDArray[np.float64],
    evidence: NDArray[np.float64],
    log_prior: NDArray[np.float64],
    y: NDArray[np.int64],
    weight: NDArray[np.float64],
) -> float:
    found = Calibration(float(np.exp(numbers[0])), float(numbers[1]))
    log_proba = log_softmax(found(evidence, log_prior) + log_prior, axis=1)
    return float(-(weight * log_proba[np.arange(len(y)), y]).sum() + 0.5 * (numbers**2).sum())


def log_ratios(proba: NDArray[np.float64], prior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log proba - log prior, float64 (n, n_classes), 0 for a class that the prior lacks."""
    known, ratios = prior > 0, np.zeros_like(proba)
    ratios[:, known] = np.log(np.maximum(proba[:, known], _FLOOR)) - np.log(prior[known])
    return ratios


def among(y: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the positions of classes among the known ones."""
    return np.cumsum(known)[y] - 1
