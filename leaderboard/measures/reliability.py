"""Further views of calibration: bins of equal mass, class by class, debiased; what Brier is made of.

Shapes as in ``leaderboard.measures.counts``: y int (n,), proba float (n, K), weights float (B, n) -> float (B,).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leaderboard.measures.calibration import BINS
from leaderboard.measures.counts import Floats, Ints, label, ratio
from leaderboard.measures.shared_work import shared


def ece_equal_mass(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Top-label ECE over 15 bins that hold about equally many rows of each resample; tied confidences share a bin.

    Reference: K. Nguyen and B. O'Connor, Posterior calibration and exploratory analysis, 2015.
    """
    confidence = proba.max(axis=1)
    gap = (label(proba) == y) - confidence
    order = np.argsort(confidence, kind="stable")
    ranked, gaps = weights[:, order], weights[:, order] * gap[order]
    starts = np.flatnonzero(np.append(True, np.diff(confidence[order]) != 0))
    mass, gap_sum = (np.add.reduceat(part, starts, axis=1) for part in (ranked, gaps))
    total = mass.sum(axis=1)
    middle = np.cumsum(mass, axis=1) - mass / 2
    bins = np.clip(middle * BINS / np.where(total > 0, total, 1)[:, None], 0, BINS - 1)
    return ratio(_absolute_by_bin(gap_sum, bins.astype(np.int64)), total)


def _absolute_by_bin(values: Floats, bins: Ints) -> Floats:
    """Return the sum over bins of |sum of values (B, m) in the bin|, (B,)."""
    rows = len(values)
    flat = (np.arange(rows)[:, None] * BINS + bins).ravel()
    return np.abs(np.bincount(flat, values.ravel(), rows * BINS).reshape(rows, BINS)).sum(axis=1)


def ece_classwise(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Mean over classes of the ECE of "is it this class", 15 bins of equal width.

    Reference: M. Kull et al., Beyond temperature scaling, 2019.
    """
    gaps = [np.abs(part.gap).sum(axis=1) for part in _all_bins(y, proba, weights)]
    return ratio(np.mean(gaps, axis=0), weights.sum(axis=1))


def ece_debiased(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Root of the debiased squared top-label calibration error, 15 bins of equal width; 0 where it is negative.

    Bins with fewer than two rows add nothing. Reference: A. Kumar et al., Verified uncertainty calibration, 2019.
    """
    confidence = proba.max(axis=1)
    hit = (label(proba) == y).astype(np.float64)
    part = _bins(hit, confidence, weights)
    chance = ratio(part.true, part.mass)
    noise = ratio(chance * (1 - chance), part.mass - 1)
    squared = ratio(part.gap, part.mass) ** 2 - noise
    kept = np.where(part.mass >= 2, np.nan_to_num(squared) * part.mass, 0.0)
    return np.where(
        weights.sum(axis=1) > 0, np.sqrt(np.maximum(ratio(kept.sum(axis=1), weights.sum(axis=1)), 0)), np.nan
    )


def brier_reliability(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Reliability part of the Brier score summed over classes: squared gap of bin mean and bin frequency; 0 is best."""
    parts = [
        (part.mass * np.nan_to_num(ratio(part.gap, part.mass)) ** 2).sum(axis=1)
        for part in _all_bins(y, proba, weights)
    ]
    return ratio(np.sum(parts, axis=0), weights.sum(axis=1))


def brier_resolution(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Resolution part of the Brier score summed over classes: how far bin frequencies spread; more is better.

    Brier = reliability - resolution + uncertainty + what varies within bins. Reference: D. Stephenson et al., Two extra
    components in the Brier score decomposition, 2008.
    """
    total, parts = weights.sum(axis=1), []
    for part in _all_bins(y, proba, weights):
        overall = ratio(part.true.sum(axis=1), total)[:, None]
        parts.append((part.mass * np.nan_to_num(ratio(part.true, part.mass) - overall) ** 2).sum(axis=1))
    return ratio(np.sum(parts, axis=0), total)


class Bins(NamedTuple):
    """Per resample and bin, each (B, BINS): weight of rows, of true rows, and sum of (true - probability)."""

    mass: Floats
    true: Floats
    gap: Floats


@shared
def _all_bins(y: Ints, proba: Floats, weights: Floats) -> list[Bins]:
    return [_bins((y == k).astype(np.float64), proba[:, k], weights) for k in range(proba.shape[1])]


def _bins(true: Floats, chance: Floats, weights: Floats) -> Bins:
    inside = np.minimum((chance * BINS).astype(np.int64), BINS - 1)[:, None] == np.arange(BINS)
    columns = np.stack([np.ones(len(true)), true, true - chance], axis=1)
    table = (columns[:, :, None] * inside[:, None, :]).reshape(len(true), -1)
    return Bins(*np.split(weights @ table, 3, axis=1))
