"""Make probabilities honest with few numbers learned from held-out patients: temperature, vector and Platt scaling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import expit, log_softmax, softmax

from leaderboard.measures.calibration import EPS
from leaderboard.measures.counts import Floats, Ints

SHARPEST = 20.0  # a part whose every call is right would ask for a temperature of 0
_GRID = 100
Scaler = Callable[[Floats], Floats]


def logits(proba: Floats) -> Floats:
    """Return log-probabilities; one below ``EPS`` counts as that."""
    logs: Floats = np.log(np.maximum(proba, EPS))
    return logs


def temperature(y: Ints, proba: Floats) -> Scaler:
    """Fit softmax(log p / T) by maximum likelihood, T within [1/20, 20].

    Reference: C. Guo et al., On calibration of modern neural networks, 2017.

    Args:
        y: Class of each held-out row, int (n,).
        proba: Its probabilities, float (n, K).

    Returns:
        Function from probabilities (m, K) to scaled ones.
    """
    sharpness = inverse_temperature(y, proba)
    return lambda given: softmax(sharpness * logits(given), axis=1)


def inverse_temperature(y: Ints, proba: Floats) -> float:
    """Return 1 / T of the best likelihood: 1 where nothing is wrong, at a bound where the likelihood only grows."""
    z = logits(proba)
    z = z - z.max(axis=1, keepdims=True)
    true = z[np.arange(len(y)), y]

    def gradient(sharpness: float) -> float:
        return float(((softmax(sharpness * z, axis=1) * z).sum(axis=1) - true).sum())

    low, high = 1 / SHARPEST, SHARPEST
    if np.ptp(z, axis=1).max(initial=0) == 0:
        return 1.0
    if gradient(low) >= 0:
        return low
    return high if gradient(high) <= 0 else float(brentq(gradient, low, high, xtol=1e-10))


def slope(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Return the calibration slope of all classes at once, b of softmax(b log p) with the best likelihood, (B,).

    It is the inverse of the best temperature: 1 is right, below 1 too sure, above 1 too timid. Read off a grid of 100
    values by interpolation; NaN where the likelihood is flat or its best lies outside [1/20, 20].

    Args:
        y: int (n,).
        proba: float (n, K).
        weights: float (B, n), how often each resample holds each row.
    """
    z = logits(proba)
    z = z - z.max(axis=1, keepdims=True)
    grid = np.linspace(-np.log(SHARPEST), np.log(SHARPEST), _GRID)
    raised = np.exp(z[:, None, :] * np.exp(grid)[:, None])
    told = (raised * z[:, None, :]).sum(axis=2) / raised.sum(axis=2)
    gradient = weights @ (told - z[np.arange(len(y)), y][:, None])
    first = np.clip((gradient < 0).sum(axis=1), 1, _GRID - 1)[:, None]
    left, right = (np.take_along_axis(gradient, first - i, axis=1)[:, 0] for i in (1, 0))
    inside = (left < 0) & (right >= 0)
    step = np.where(inside, -left, 0.0) / np.where(inside, right - left, 1.0)
    return np.where(inside, np.exp(grid[first[:, 0] - 1] + step * (grid[1] - grid[0])), np.nan)


def vector(y: Ints, proba: Floats) -> Scaler:
    """Fit softmax(w log p + c) with a factor and an offset a class.

    Held-out parts are small, so w is drawn to 1 and c to 0 by the penalty of a unit normal prior; without it a class
    that is told apart without error would get an infinite factor. Reference: C. Guo et al. as above.

    Args:
        y: int (n,).
        proba: float (n, K).
    """
    z, n_classes = logits(proba), proba.shape[1]
    one_hot = np.eye(n_classes)[y]

    def loss(given: Floats) -> tuple[float, Floats]:
        factor, offset = given[:n_classes] + 1, given[n_classes:]
        log_p = log_softmax(factor * z + offset, axis=1)
        error = np.exp(log_p) - one_hot
        slope = np.concatenate([(error * z).sum(axis=0), error.sum(axis=0)])
        return float(-(log_p * one_hot).sum() + given @ given / 2), slope + given

    best = minimize(loss, np.zeros(2 * n_classes), jac=True, method="BFGS", options={"gtol": 1e-8}).x
    return lambda given: softmax((best[:n_classes] + 1) * logits(given) + best[n_classes:], axis=1)


def platt(y: Ints, proba: Floats) -> Scaler:
    """Fit a logistic line on the log-odds of class 1, with Platt's smoothed targets, so that it is always finite.

    Reference: J. Platt, Probabilistic outputs for support vector machines, 1999.

    Args:
        y: int (n,), 0 or 1.
        proba: float (n, 2).
    """
    odds = _odds(proba)
    positive = float((y == 1).sum())
    target = np.where(y == 1, (positive + 1) / (positive + 2), 1 / (len(y) - positive + 2))

    def loss(given: Floats) -> tuple[float, Floats]:
        line = given[0] * odds + given[1]
        error = expit(line) - target
        return float((np.logaddexp(0, line) - target * line).sum()), np.array([error @ odds, error.sum()])

    a, b = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS", options={"gtol": 1e-8}).x

    def scaled(given: Floats) -> Floats:
        chance = expit(a * _odds(given) + b)
        return np.stack([1 - chance, chance], axis=1)

    return scaled


def _odds(proba: Floats) -> Floats:
    z = logits(proba)
    return z[:, 1] - z[:, 0]
