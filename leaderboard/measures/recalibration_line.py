"""Slope and intercept of the logistic line through the log-odds: is an entry too sure, is it shifted?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leaderboard.measures.counts import Floats, Ints

_CLIP = 1e-6
_STEPS = 30
_ENOUGH = 1e-9
_DIVERGED = 50.0
_LOOK = 64


def slope(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Slope of log-odds(class) = a + b log-odds(predicted), (B, K): 1 is right, below 1 too sure, above 1 too timid.

    NaN where a class is absent, alone, or separated. Reference: E. Steyerberg, Clinical Prediction Models, 2019.
    """
    odds, true = _log_odds(proba), _one_hot(y, proba)
    return np.stack([_line(odds[:, k], true[:, k], weights) for k in range(proba.shape[1])], axis=1)


def intercept(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Intercept with the slope held at 1, calibration in the large, (B, K): above 0 the class is under-predicted."""
    odds, true = _log_odds(proba), _one_hot(y, proba)
    return np.stack([_offset(odds[:, k], true[:, k], weights) for k in range(proba.shape[1])], axis=1)


def _one_hot(y: Ints, proba: Floats) -> Floats:
    return (y[:, None] == np.arange(proba.shape[1])).astype(np.float64)


def _log_odds(proba: Floats) -> Floats:
    clipped = np.clip(proba, _CLIP, 1 - _CLIP)
    return np.log(clipped) - np.log1p(-clipped)


def _line(x: Floats, true: Floats, weights: Floats) -> Floats:
    """Return the slope of every resample by Newton's method, (B,); NaN where no finite line is best."""
    rows = np.ascontiguousarray(weights.T)
    found = np.full(rows.shape[1], np.nan)
    able = np.flatnonzero(_both(true, weights) & ~_separated(x, true, rows))
    if len(able):
        whole = rows[:, able].sum(axis=1, keepdims=True)
        start = _newton(x, true, whole, _flat(true, whole))  # that of all resamples together is near each
        found[able] = _newton(x, true, rows[:, able], np.repeat(start, len(able), axis=1))[1]
        lost = able[np.isnan(found[able])]
        found[lost] = _newton(x, true, rows[:, lost], _flat(true, rows[:, lost]))[1]
    found[~(np.abs(found) < _DIVERGED)] = np.nan
    return found


def _flat(true: Floats, rows: Floats) -> Floats:
    """Return the best lines without a slope (2, B), from where Newton's steps do not overshoot."""
    positive = true @ rows
    return np.stack([np.log(positive / (rows.sum(axis=0) - positive)), np.zeros(rows.shape[1])])


def _newton(x: Floats, true: Floats, rows: Floats, line: Floats) -> Floats:
    """Return the lines (2, B) of best likelihood from given ones; NaN where the steps do not arrive at one."""
    powers = np.stack([np.ones_like(x), x, x**2])
    line, left = line.copy(), np.arange(rows.shape[1])
    for _ in range(_STEPS):
        a, b = line[:, left]
        chance = _logistic(x[:, None] * b + a)
        error = rows * (true[:, None] - chance)
        ga, gb = powers[:2] @ error
        chance *= 1 - chance
        chance *= rows
        haa, hab, hbb = powers @ chance
        determinant = haa * hbb - hab**2
        flat = determinant <= 1e-12 * np.maximum(haa * hbb, 1e-300)
        safe = np.where(flat, 1.0, determinant)
        step = np.stack([hbb * ga - hab * gb, haa * gb - hab * ga]) / safe
        line[:, left] += np.where(flat, np.nan, step / np.maximum(1.0, np.hypot(*step) / 4))
        moving = ~flat & (np.abs(step).max(axis=0) >= _ENOUGH)
        if not moving.all():  # those that have arrived cost nothing more
            left, rows = left[moving], rows[:, moving]
        if not len(left):
            break
    line[:, left] = np.nan
    return line


def _logistic(line: Floats) -> Floats:
    """Return 1 / (1 + exp(-line)) in place of ``line``."""
    np.clip(line, -40, 40, out=line)
    np.negative(line, out=line)
    np.exp(line, out=line)
    line += 1
    return np.reciprocal(line, out=line)


def _separated(x: Floats, true: Floats, rows: Floats) -> NDArray[np.bool_]:
    """Return where a threshold parts the class from the rest, so that no finite slope is best, (B,)."""
    order = np.argsort(x)
    kinds = [order[true[order] > 0], order[true[order] == 0]]
    low, high = ([_first_drawn(x, rows, kind[::step]) for kind in kinds] for step in (1, -1))
    parted: NDArray[np.bool_] = (low[0] >= high[1]) | (low[1] >= high[0])
    return parted


def _first_drawn(x: Floats, rows: Floats, ordered: NDArray[np.int64]) -> Floats:
    """Return ``x`` of the first row of each resample that it holds, (B,); NaN where it holds none of them."""
    found = np.full(rows.shape[1], np.nan)
    for start in range(0, len(ordered), _LOOK):  # nearly always among the first few
        here = ordered[start : start + _LOOK]
        held = rows[here] > 0
        new = np.isnan(found) & held.any(axis=0)
        found[new] = x[here[held[:, new].argmax(axis=0)]]
        if not np.isnan(found).any():
            break
    return found


def _offset(x: Floats, true: Floats, weights: Floats) -> Floats:
    rows = np.ascontiguousarray(weights.T)
    start = _shift(x, true, rows.sum(axis=1, keepdims=True), np.zeros(1))
    found = _shift(x, true, rows, np.repeat(start, rows.shape[1]))
    return np.where(_both(true, weights), found, np.nan)


def _shift(x: Floats, true: Floats, rows: Floats, a: Floats) -> Floats:
    """Return the offsets (B,) of best likelihood from given ones."""
    a, left = a.copy(), np.arange(rows.shape[1])
    positive = true @ rows
    for _ in range(_STEPS):
        chance = _logistic(x[:, None] + a[left])
        expected = np.einsum("nb,nb->b", chance, rows)
        chance *= 1 - chance
        spread = np.einsum("nb,nb->b", chance, rows)
        step = np.clip((positive[left] - expected) / np.maximum(spread, 1e-12), -2, 2)
        a[left] += step
        moving = np.abs(step) >= _ENOUGH
        if not moving.any():
            break
        if not moving.all():
            left, rows = left[moving], rows[:, moving]
    return a


def _both(true: Floats, weights: Floats) -> NDArray[np.bool_]:
    positive = weights @ true
    both: NDArray[np.bool_] = (positive > 0) & (positive < weights.sum(axis=1))
    return both
