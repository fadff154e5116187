"""The part ``combiner = "late-mean"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.classic import (
    Blocks,
    FittedBlock,
    Learners,
    block_facts,
    can_learn,
    fit_block,
    measured,
    posterior,
    prior_of,
)


@dataclass(frozen=True, kw_only=True)
class LateMean:
    """A learner a modality; the mean of the probabilities of those that a specimen has.

    Reference: Kittler et al., "On combining classifiers", IEEE Transactions on Pattern Analysis and Machine
    Intelligence 1998 (sum rule).
    """

    def fit(self, learners: Learners, train: Blocks, valid: Blocks, seed: int) -> LateMeanFitted:
        """Fit a learner on the specimens that have its modality."""
        groups = [group for group in train.tables if can_learn(group, train)]
        blocks = {group: fit_block(group, learners.of(group), train, valid, seed) for group in groups}
        return LateMeanFitted(blocks, prior_of(train), learners.usual)


@dataclass(frozen=True)
class LateMeanFitted:
    """Fitted learners by group, and the class shares of train."""

    blocks: Mapping[str, FittedBlock]
    prior: NDArray[np.float64]
    usual: Any

    @property
    def settled(self) -> Learners:
        """Return the learners with what they chose fixed."""
        return Learners(self.usual, {group: block.learner for group, block in self.blocks.items()})

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return facts of each block."""
        return block_facts(self.blocks)

    def predict_proba(self, tables: Mapping[str, pd.DataFrame], n: int) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes); the prior where nothing was measured."""
        total, voices = np.zeros((n, len(self.prior))), np.zeros(n)
        for group, block in self.blocks.items():
            there = np.isin(np.arange(n), measured(tables[group]).index)
            total[there] += posterior(block.evidence(tables[group], n), self.prior)[there]
            voices += there
        return np.where(voices[:, None] > 0, total / np.maximum(voices, 1)[:, None], self.prior)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
