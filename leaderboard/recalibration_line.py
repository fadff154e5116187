"""Slope and intercept of the logistic line through the log-odds: is an entry too sure, is it shifted?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leaderboard.counts import Floats, Ints

_CLIP = 1e-6
_STEPS = 30
_ENOUGH = 1e-9
_DIVERGED = 50.0


def slope(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Slope of log-odds(class) = a + b log-odds(predicted), (B, K): 1 is right, below 1 too sure, above 1 too timid.

    NaN where a class is absent, alone, or separated. Reference: E. Steyerberg, Clinical Prediction Models, 2019.
    """
    return _per_class(y, proba, weights)[1]


def intercept(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Intercept with the slope held at 1, calibration in the large, (B, K): above 0 the class is under-predicted."""
    odds, true = _log_odds(proba), _one_hot(y, proba)
    return np.stack([_offset(odds[:, k], true[:, k], weights) for k in range(proba.shape[1])], axis=1)


def _one_hot(y: Ints, proba: Floats) -> Floats:
    return (y[:, None] == np.arange(proba.shape[1])).astype(np.float64)


def _log_odds(proba: Floats) -> Floats:
    clipped = np.clip(proba, _CLIP, 1 - _CLIP)
    return np.log(clipped) - np.log1p(-clipped)


def _per_class(y: Ints, proba: Floats, weights: Floats) -> tuple[Floats, Floats]:
    odds, true = _log_odds(proba), _one_hot(y, proba)
    lines = [_line(odds[:, k], true[:, k], weights) for k in range(proba.shape[1])]
    return np.stack([a for a, _ in lines], axis=1), np.stack([b for _, b in lines], axis=1)


def _line(x: Floats, true: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Fit (a, b) of every resample by Newton's method, each (B,)."""
    a, b = np.zeros(len(weights)), np.ones(len(weights))
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(a[:, None] + b[:, None] * x, -40, 40)))
        error, spread = weights * (true - chance), weights * chance * (1 - chance)
        ga, gb = error.sum(axis=1), error @ x
        haa, hab, hbb = spread.sum(axis=1), spread @ x, spread @ x**2
        determinant = haa * hbb - hab**2
        flat = determinant <= 1e-12 * np.maximum(haa * hbb, 1e-300)
        safe = np.where(flat, 1.0, determinant)
        step_a, step_b = (hbb * ga - hab * gb) / safe, (haa * gb - hab * ga) / safe
        size = np.maximum(1.0, np.hypot(step_a, step_b) / 4)
        a, b = np.where(flat, np.nan, a + step_a / size), np.where(flat, np.nan, b + step_b / size)
        if np.nanmax(np.abs(step_b), initial=0.0) < _ENOUGH and np.nanmax(np.abs(step_a), initial=0.0) < _ENOUGH:
            break
    wild = ~(np.abs(b) < _DIVERGED) | ~_both(true, weights) | _separated(x, true, weights)
    return np.where(wild, np.nan, a), np.where(wild, np.nan, b)


def _separated(x: Floats, true: Floats, weights: Floats) -> NDArray[np.bool_]:
    """Return where a threshold parts the class from the rest, so that no finite slope is best."""
    here = weights > 0
    low, high = (
        np.stack([extreme(np.where(here & kind, x, fill), axis=1) for kind in (true > 0, true == 0)])
        for extreme, fill in ((np.min, np.inf), (np.max, -np.inf))
    )
    parted: NDArray[np.bool_] = (low[0] >= high[1]) | (low[1] >= high[0])
    return parted


def _offset(x: Floats, true: Floats, weights: Floats) -> Floats:
    a = np.zeros(len(weights))
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(a[:, None] + x, -40, 40)))
        gradient, spread = (weights * (true - chance)).sum(axis=1), (weights * chance * (1 - chance)).sum(axis=1)
        step = np.clip(gradient / np.maximum(spread, 1e-12), -2, 2)
        a = a + step
        if np.abs(step).max(initial=0.0) < _ENOUGH:
            break
    return np.where(_both(true, weights), a, np.nan)


def _both(true: Floats, weights: Floats) -> NDArray[np.bool_]:
    positive = weights @ true
    both: NDArray[np.bool_] = (positive > 0) & (positive < weights.sum(axis=1))
    return both
