"""Answering only when sure: risk and coverage.

Shapes as in ``leaderboard.measures.counts``. Confidence is the largest probability; equally sure rows are answered
together.
"""

from __future__ import annotations

import numpy as np

from leaderboard.measures.counts import Floats, Ints, label, ratio
from leaderboard.measures.shared_work import shared


def aurc(y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Area under the risk-coverage curve, (B,): mean error among the rows at least as sure as a row, over rows.

    Reference: Y. Geifman et al., Bias-reduced uncertainty estimation for deep neural classifiers, 2019.
    """
    answered, errors = _answered(y, proba, weights)
    mass = np.diff(answered, axis=1, prepend=0.0)
    return ratio((mass * np.nan_to_num(ratio(errors, answered))).sum(axis=1), answered[:, -1])


def accuracy_at_coverage(coverage: float, y: Ints, proba: Floats, weights: Floats) -> Floats:
    """Accuracy among the surest rows that make up at least ``coverage`` of all, (B,)."""
    answered, errors = _answered(y, proba, weights)
    enough = answered >= coverage * answered[:, -1:] - 1e-9
    first = enough.argmax(axis=1)[:, None]
    return 1 - ratio(np.take_along_axis(errors, first, 1), np.take_along_axis(answered, first, 1))[:, 0]


@shared
def _answered(y: Ints, proba: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return weight and wrong weight of the rows at least as sure as each level of confidence, surest first, (B, m)."""
    confidence = proba.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(confidence[order]) != 0, True))
    missed = (label(proba) != y)[order]
    ranked = weights.T[order]  # a resample a column: rows are gathered and summed along memory
    answered = np.cumsum(ranked, axis=0)[ends]
    ranked[~missed] = 0.0
    return answered.T, np.cumsum(ranked, axis=0)[ends].T
