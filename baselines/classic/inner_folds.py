"""Folds inside train, by patient: what a part may choose or calibrate on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedGroupKFold

from baselines.classic.blocks import Table
from baselines.classic.parts import Learner

FOLDS = 5
CHOSEN = "chosen"
_FLOOR = 1e-6

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]


def patient_folds(y: NDArray[np.int64], patient: NDArray[np.str_], folds: int, seed: int) -> list[Fold]:
    """Return (rows to learn from, rows held out) of each fold, no patient in both, classes spread evenly.

    There are as many folds as the smallest class has patients where that is fewer, but two at the least; one patient
    alone gives no fold.
    """
    people = [len(np.unique(patient[y == k])) for k in np.unique(y)]
    n_folds = min(max(min(folds, *people), 2), len(np.unique(patient))) if people else 0
    if n_folds < 2:
        return []
    deal = StratifiedGroupKFold(n_splits=n_folds, shuffle=True, random_state=seed)
    return [(learn, held) for learn, held in deal.split(np.zeros(len(y)), y, patient)]


def least_loss(candidates: Sequence[Learner], train: Table, valid: Table, seed: int) -> Learner:
    """Return the learner whose probabilities of held-out patients have the least log-loss; of equals the first."""
    folds = patient_folds(train.y, train.patient, FOLDS, seed)
    losses = [_loss(learner, train, valid, folds, seed) for learner in candidates]
    return candidates[int(np.argmin(losses))]


def _loss(learner: Learner, train: Table, valid: Table, folds: list[Fold], seed: int) -> float:
    total = 0.0
    for learn, held in folds:
        if len(np.unique(train.y[learn])) < 2:
            continue
        part, rest = train.split(learn, held)
        proba = learner.fit(part, valid, seed).predict_proba(rest.X)
        proba = np.maximum(proba, _FLOOR)
        proba /= proba.sum(axis=1, keepdims=True)
        labels = list(range(train.n_classes))
        total += log_loss(train.y[held], proba, sample_weight=train.weight[held], labels=labels, normalize=False)
    return total
