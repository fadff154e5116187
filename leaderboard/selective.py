"""Answering only when sure: risk and coverage.

Shapes as in ``leaderboard.counts``. Confidence is the largest probability; equally sure rows are answered together.
"""

from __future__ import annotations

import numpy as np

from leaderboard.counts import Floats, Ints, label, ratio


def aurc(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Area under the risk-coverage curve, (B,): mean error among the rows at least as sure as a row, over rows.

    Reference: Y. Geifman et al., Bias-reduced uncertainty estimation for deep neural classifiers, 2019.
    """
    mass, wrong = _steps(y, proba, weights)
    risk = ratio(np.cumsum(wrong, axis=1), np.cumsum(mass, axis=1))
    return ratio((mass * np.nan_to_num(risk)).sum(axis=1), mass.sum(axis=1))


def accuracy_at_coverage(coverage: float, y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Accuracy among the surest rows that make up at least ``coverage`` of all, (B,)."""
    mass, wrong = _steps(y, proba, weights)
    answered, errors = np.cumsum(mass, axis=1), np.cumsum(wrong, axis=1)
    enough = answered >= coverage * answered[:, -1:] - 1e-9
    first = enough.argmax(axis=1)[:, None]
    return 1 - ratio(np.take_along_axis(errors, first, 1), np.take_along_axis(answered, first, 1))[:, 0]


def _steps(y: Ints, proba: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return weight and wrong weight of each level of confidence, surest first, each (B, levels)."""
    confidence = proba.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(confidence[order]) != 0))
    missed = (label(proba) != y)[order]
    ranked = weights[:, order]
    return np.add.reduceat(ranked, starts, axis=1), np.add.reduceat(ranked * missed, starts, axis=1)
