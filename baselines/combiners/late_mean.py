"""The part ``combiner = "late-mean"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.classic import (
    UNCHANGED,
    Blocks,
    Calibration,
    FittedBlock,
    Learners,
    among,
    block_facts,
    can_learn,
    fit_block,
    fit_calibration,
    log_ratios,
    measured,
    out_of_fold,
    posterior,
    prior_of,
)
from baselines.patients import patient_shares


@dataclass(frozen=True, kw_only=True)
class LateMean:
    """A learner a modality; the mean of the probabilities of those that a specimen has.

    Args:
        calibrate: Sharpen the mean by the log-loss on patients that the learners had not seen (five inner folds of
            train): a mean says less than its parts know.

    Reference: Kittler et al., "On combining classifiers", IEEE Transactions on Pattern Analysis and Machine
    Intelligence 1998 (sum rule); Ranjan and Gneiting, "Combining probability forecasts", JRSS B 2010.
    """

    calibrate: bool = True

    def fit(self, learners: Learners, train: Blocks, valid: Blocks, seed: int) -> LateMeanFitted:
        """Fit a learner on the specimens that have its modality."""
        groups = [group for group in train.tables if can_learn(group, train)]
        blocks = {group: fit_block(group, learners.of(group), train, valid, seed) for group in groups}
        found = _calibration(blocks, train, seed) if self.calibrate else UNCHANGED
        return LateMeanFitted(blocks, prior_of(train), learners, found)


@dataclass(frozen=True)
class LateMeanFitted:
    """Fitted learners by group, the class shares of train, and the calibration of the mean."""

    blocks: Mapping[str, FittedBlock]
    prior: NDArray[np.float64]
    learners: Learners
    calibration: Calibration

    @property
    def settled(self) -> Learners:
        """Return the learners with what they chose fixed."""
        return self.learners.settled({group: block.learner for group, block in self.blocks.items()})

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return the calibration and facts of each block."""
        return {**self.calibration._asdict(), **block_facts(self.blocks)}

    def predict_proba(self, tables: Mapping[str, pd.DataFrame], n: int) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes); the prior where nothing was measured."""
        evidence = {group: block.evidence(tables[group], n) for group, block in self.blocks.items()}
        proba, there = _mean(evidence, tables, self.prior, n)
        known, sharp = self.prior > 0, np.zeros_like(proba)
        ratios = log_ratios(proba, self.prior)[:, known]
        sharp[:, known] = self.calibration(ratios, np.log(self.prior[known]))
        return posterior(np.where(there[:, None], sharp, 0.0), self.prior)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: calibration is a matter of honesty, not of tuning."""
    return {}


def _mean(
    evidence: Mapping[str, NDArray[np.float64]],
    tables: Mapping[str, pd.DataFrame],
    prior: NDArray[np.float64],
    n: int,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the mean over the modalities that n specimens have, the prior where there is none, and where any is."""
    total, voices = np.zeros((n, len(prior))), np.zeros(n)
    for group, ratios in evidence.items():
        there = np.isin(np.arange(n), measured(tables[group]).index)
        total[there] += posterior(ratios, prior)[there]
        voices += there
    return np.where(voices[:, None] > 0, total / np.maximum(voices, 1)[:, None], prior), voices > 0


def _calibration(blocks: Mapping[str, FittedBlock], train: Blocks, seed: int) -> Calibration:
    evidence = {group: out_of_fold(block, train, seed) for group, block in blocks.items()}
    prior = prior_of(train)
    known = prior > 0
    proba, there = _mean(evidence, train.tables, prior, len(train.y))
    ratios = log_ratios(proba, prior)[there][:, known]
    shares = patient_shares(train.patient[there])
    return fit_calibration(ratios, np.log(prior[known]), among(train.y[there], known), shares)
