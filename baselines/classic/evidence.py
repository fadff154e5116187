"""What one group of features says of a specimen: log-likelihood ratios, zero where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from baselines.classic.blocks import Blocks, Fitted, Table, measured
from baselines.classic.inner_folds import FOLDS, patient_folds
from baselines.classic.parts import Learner
from baselines.patients import patient_weights

# A learner that never errs on train says 0 and 1; nobody is that sure of a new patient.
_FLOOR = 1e-6
_SHARPEST = 64.0


@dataclass(frozen=True)
class FittedBlock:
    """A learner fitted on one group.

    Attributes:
        group: First word of its columns.
        fitted: The learner.
        learner: The learner with what it chose fixed.
        prior: Class shares that it learned from, float64 (n_classes,); 0 for a class that it never saw.
        sharpness: What its evidence is multiplied by.
    """

    group: str
    fitted: Fitted
    learner: Learner
    prior: NDArray[np.float64]
    sharpness: float = 1.0

    def evidence(self, table: pd.DataFrame, n: int) -> NDArray[np.float64]:
        """Return log p(class | features) - log p(class) of n specimens, float64 (n, n_classes).

        A specimen without a measured row gets zeros; one of several rows, cells, gets their mean. A class that the
        learner never saw gets 0: nothing was learned about it.

        Args:
            table: Of the group; its index holds positions of specimens.
            n: Number of specimens.
        """
        X, ratios = measured(table), np.zeros((n, len(self.prior)))
        if not len(X):
            return ratios
        known = self.prior > 0
        log_proba = np.log(np.maximum(self.fitted.predict_proba(X)[:, known], _FLOOR))
        owner = X.index.to_numpy(dtype=np.int64)
        np.add.at(ratios, (owner[:, None], np.flatnonzero(known)), log_proba - np.log(self.prior[known]))
        counts = np.bincount(owner, minlength=n)
        return self.sharpness * ratios / np.maximum(counts, 1)[:, None]


def fit_block(group: str, learner: Learner, train: Blocks, valid: Blocks, seed: int) -> FittedBlock:
    """Fit a learner on the specimens that have a group."""
    table = train.one(group)
    fitted = learner.fit(table, valid.one(group), seed)
    return FittedBlock(group, fitted, getattr(fitted, "settled", None) or learner, table.prior)


def can_learn(group: str, train: Blocks) -> bool:
    """Return whether a group has specimens of two classes."""
    return len(np.unique(train.one(group).y)) > 1


def calibrated(block: FittedBlock, train: Blocks, valid: Blocks, seed: int) -> FittedBlock:
    """Return the block with the sharpness that serves patients whom it has not learned from best."""
    held = out_of_fold(block, train, valid, seed)
    there = np.isin(np.arange(len(train.y)), measured(train.tables[block.group]).index)
    weight = patient_weights(train.patient) * there
    known = prior_of(train) > 0
    best = sharpness(held[:, known], np.log(prior_of(train)[known]), _among(train.y, known), weight)
    return replace(block, sharpness=best)


def out_of_fold(block: FittedBlock, train: Blocks, valid: Blocks, seed: int) -> NDArray[np.float64]:
    """Return the evidence about each training specimen of learners that did not see its patient."""
    evidence = np.zeros((len(train.y), train.n_classes))
    for learn, held in patient_folds(train.y, train.patient, FOLDS, seed):
        part, rest = train.only(block.group).split(learn, held)
        if can_learn(block.group, part):
            fitted = fit_block(block.group, block.learner, part, valid, seed)
            evidence[held] = fitted.evidence(rest.tables[block.group], len(held))
    return evidence


def sharpness(
    evidence: NDArray[np.float64], log_prior: NDArray[np.float64], y: NDArray[np.int64], weight: NDArray[np.float64]
) -> float:
    """Return the factor on the evidence with the least log-loss, in [0.01, 64].

    Reference: Guo et al., "On calibration of modern neural networks", ICML 2017 (a temperature, here on the evidence
    so that the prior stays as it is).
    """

    def loss(log_factor: float) -> float:
        log_proba = log_softmax(np.exp(log_factor) * evidence + log_prior, axis=1)
        return float(-(weight * log_proba[np.arange(len(y)), y]).sum())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.01), np.log(_SHARPEST)), method="bounded").x))


def prior_of(train: Blocks) -> NDArray[np.float64]:
    """Return the share of patients of each class, float64 (n_classes,)."""
    return Table(pd.DataFrame(index=range(len(train.y))), train.y, train.patient, train.n_classes).prior


def posterior(evidence: NDArray[np.float64], prior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities of evidence and prior, float64 (n, n_classes), 0 where the prior is."""
    known = prior > 0
    full = np.zeros_like(evidence)
    full[:, known] = np.exp(log_softmax(evidence[:, known] + np.log(prior[known]), axis=1))
    return full


def block_facts(blocks: Mapping[str, FittedBlock]) -> dict[str, Any]:
    """Return sharpness, facts and the sum of parameters of several blocks for a report."""
    counts = [block.fitted.facts.get("n_parameters") for block in blocks.values()]
    total = {} if None in counts else {"n_parameters": sum(int(count or 0) for count in counts)}
    told = {g: {"sharpness": round(b.sharpness, 4), **b.fitted.facts} for g, b in blocks.items()}
    return {**total, "blocks": told}


def _among(y: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.cumsum(known)[y] - 1
