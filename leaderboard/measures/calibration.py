"""Scores of the probabilities: Brier, negative log-likelihood, expected calibration error.

Shapes as in ``leaderboard.measures.counts``; NaN for a resample without weight.
"""

from __future__ import annotations

import numpy as np

from leaderboard.measures.counts import Floats, Ints, label, ratio

EPS = 1e-6
BINS = 15


def brier(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Squared distance to the one-hot truth, summed over classes, averaged over rows; 0 is best, 2 is worst."""
    truth = y[:, None] == np.arange(proba.shape[1])
    return ratio(weights @ ((proba - truth) ** 2).sum(axis=1), weights.sum(axis=1))


def nll(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Negative log-likelihood in nats; a probability below ``EPS`` = 1e-6 counts as that, so a row costs <= 13.8."""
    given = proba[np.arange(len(y)), y]
    return ratio(weights @ -np.log(np.maximum(given, EPS)), weights.sum(axis=1))


def ece(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Top-label expected calibration error over 15 bins of equal width, [i / 15, (i + 1) / 15), the last one closed.

    Biased upwards when patients are few. Reference: C. Guo et al., On calibration of modern neural networks, 2017.
    """
    confidence = proba.max(axis=1) if len(proba) else np.zeros(0)
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    gap = (label(proba) == y) - confidence
    gaps = weights @ (gap[:, None] * (bins[:, None] == np.arange(BINS)))
    return ratio(np.abs(gaps).sum(axis=1), weights.sum(axis=1))
