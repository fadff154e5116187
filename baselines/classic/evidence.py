"""What one group of features says of a specimen: log-likelihood ratios, zero where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_softmax

from baselines.classic.blocks import Blocks, Fitted, Table, measured
from baselines.classic.calibration import UNCHANGED, Calibration, among, fit_calibration, log_ratios
from baselines.classic.inner_folds import FOLDS, patient_folds
from baselines.classic.parts import Learner
from baselines.patients import patient_shares


@dataclass(frozen=True)
class FittedBlock:
    """A learner fitted on one group.

    Attributes:
        group: First word of its columns.
        fitted: The learner.
        learner: The learner with what it chose fixed.
        prior: Class shares that it learned from, float64 (n_classes,); 0 for a class that it never saw.
        calibration: Of its evidence.
    """

    group: str
    fitted: Fitted
    learner: Learner
    prior: NDArray[np.float64]
    calibration: Calibration = UNCHANGED

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
        known, owner = self.prior > 0, X.index.to_numpy(dtype=np.int64)
        np.add.at(ratios, owner, log_ratios(self.fitted.predict_proba(X), self.prior))
        counts = np.bincount(owner, minlength=n)
        there = np.flatnonzero(counts)
        mean = ratios[np.ix_(there, known)] / counts[there, None]
        ratios[np.ix_(there, known)] = self.calibration(mean, np.log(self.prior[known]))
        return ratios


def fit_block(group: str, learner: Learner, train: Blocks, valid: Blocks, seed: int) -> FittedBlock:
    """Fit a learner on the specimens that have a group."""
    table = train.one(group)
    fitted = learner.fit(table, valid.one(group), seed)
    return FittedBlock(group, fitted, getattr(fitted, "settled", None) or learner, table.prior)


def can_learn(group: str, train: Blocks) -> bool:
    """Return whether a group has specimens of two classes."""
    return len(np.unique(train.one(group).y)) > 1


def calibrated(block: FittedBlock, train: Blocks, seed: int) -> FittedBlock:
    """Return the block with the calibration that serves patients whom it has not learned from best."""
    held = out_of_fold(block, train, seed)
    there = np.isin(np.arange(len(train.y)), measured(train.tables[block.group]).index)
    known = block.prior > 0  # the shares among specimens that have the group, which are those judged here
    found = fit_calibration(
        held[there][:, known],
        np.log(block.prior[known]),
        among(train.y[there], known),
        patient_shares(train.patient[there]),
    )
    return replace(block, calibration=found)


def out_of_fold(block: FittedBlock, train: Blocks, seed: int) -> NDArray[np.float64]:
    """Return the evidence about each training specimen of learners that did not see its patient.

    They get no valid: its columns are those that views chose by all labels of train.
    """
    evidence = np.zeros((len(train.y), train.n_classes))
    for learn, held in patient_folds(train.y, train.patient, FOLDS, seed):
        part, rest = train.only(block.group).split(learn, held)
        if can_learn(block.group, part):
            fitted = fit_block(block.group, block.learner, part, part.nobody(), seed)
            evidence[held] = fitted.evidence(rest.tables[block.group], len(held))
    return evidence


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
    told = {g: {**b.calibration._asdict(), **b.fitted.facts} for g, b in blocks.items()}
    return {**total, "blocks": told}
