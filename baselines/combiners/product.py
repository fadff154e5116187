"""The part ``combiner = "product"``."""

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
    calibrated,
    can_learn,
    fit_block,
    posterior,
    prior_of,
)


@dataclass(frozen=True, kw_only=True)
class Product:
    """A learner a modality; log-posteriors less the log-prior are added, and what is missing is left out of the sum.

    This is Bayes' rule where modalities are independent within a class.

    Args:
        calibrate: Sharpen or flatten the evidence of each modality by the log-loss on patients that its learner had
            not seen (five inner folds of train), so that one that is too sure does not outvote the others.

    Reference: Hinton, "Products of experts", ICANN 1999; Genest and Zidek, "Combining probability distributions: a
    critique and an annotated bibliography", Statistical Science 1986 (log-linear pool).
    """

    calibrate: bool = True

    def fit(self, learners: Learners, train: Blocks, valid: Blocks, seed: int) -> ProductFitted:
        """Fit a learner on the specimens that have its modality."""
        groups = [group for group in train.tables if can_learn(group, train)]
        blocks = {group: fit_block(group, learners.of(group), train, valid, seed) for group in groups}
        if self.calibrate:
            blocks = {group: calibrated(block, train, seed) for group, block in blocks.items()}
        return ProductFitted(blocks, prior_of(train), learners)


@dataclass(frozen=True)
class ProductFitted:
    """Fitted learners by group, and the class shares of train."""

    blocks: Mapping[str, FittedBlock]
    prior: NDArray[np.float64]
    learners: Learners

    @property
    def settled(self) -> Learners:
        """Return the learners with what they chose fixed."""
        return self.learners.settled({group: block.learner for group, block in self.blocks.items()})

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return sharpness and facts of each block."""
        return block_facts(self.blocks)

    def predict_proba(self, tables: Mapping[str, pd.DataFrame], n: int) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes); the prior where nothing was measured."""
        evidence = [block.evidence(tables[group], n) for group, block in self.blocks.items()]
        return posterior(np.sum(evidence, axis=0) if evidence else np.zeros((n, len(self.prior))), self.prior)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``Product``."""
    return {"calibrate": trial.suggest_categorical("calibrate", [True, False])}
