"""Folds inside train, by patient: what a part may choose or calibrate on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from baselines.classic.blocks import Table
from baselines.classic.calibration import among, calibrated_loss, log_ratios
from baselines.classic.parts import Learner

FOLDS = 5
CHOSEN = "chosen"

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]


def patient_folds(y: NDArray[np.int64], patient: NDArray[np.str_], folds: int, seed: int) -> list[Fold]:
    """Return (rows to learn from, rows held out) of each fold, no patient in both, classes spread evenly.

    There are as many folds as the smallest class has patients where that is fewer, but two at the least. Where every
    class has one row there is no fold: what is held out would be of a class that nobody learned.
    """
    people = [len(np.unique(patient[y == k])) for k in np.unique(y)]
    n_folds = min(max(min(folds, *people), 2), len(np.unique(patient))) if people else 0
    if n_folds < 2 or np.bincount(y).max() < 2:
        return []
    deal = StratifiedGroupKFold(n_splits=n_folds, shuffle=True, random_state=seed)
    return [(learn, held) for learn, held in deal.split(np.zeros(len(y)), y, patient)]


def least_loss(candidates: Sequence[Learner], train: Table, seed: int) -> Learner:
    """Return the learner with the least log-loss on held-out patients, each calibrated; of equals the first."""
    losses = [_loss(learner, train, seed) for learner in candidates]
    return candidates[int(np.argmin(losses))]


def held_out_ratios(learner: Learner, train: Table, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return rows of train, and log-posterior less log-prior of learners that did not see their patients.

    They get no valid: its columns are those that views chose by all labels of train.

    Returns:
        rows int64 (m,), at most those of train; ratios float64 (m, n_classes).
    """
    rows, ratios = [np.empty(0, np.int64)], [np.empty((0, train.n_classes))]
    for learn, held in patient_folds(train.y, train.patient, FOLDS, seed):
        part, rest = train.split(learn, held)
        if len(np.unique(part.y)) > 1:
            ratios.append(log_ratios(learner.fit(part, part.nobody(), seed).predict_proba(rest.X), part.prior))
            rows.append(held)
    return np.concatenate(rows), np.concatenate(ratios)


def _loss(learner: Learner, train: Table, seed: int) -> float:
    rows, ratios = held_out_ratios(learner, train, seed)
    known = train.prior > 0
    y = among(train.y[rows], known)
    return calibrated_loss(ratios[:, known], np.log(train.prior[known]), y, train.weight[rows])
