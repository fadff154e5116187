"""The part ``combiner = "stacking"``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from baselines.classic import (
    Blocks,
    FittedBlock,
    Learners,
    all_classes,
    block_facts,
    can_learn,
    fit_block,
    out_of_fold,
)
from baselines.patients import patient_weights


@dataclass(frozen=True, kw_only=True)
class Stacking:
    """A softmax on the evidence of a learner a modality, learned from patients whom those learners had not seen.

    Evidence is log-posterior less log-prior on five inner folds of train, by patient; what a specimen lacks gives 0.

    Args:
        C: Inverse strength of the softmax's L2 penalty, on evidence of unit variance.

    Reference: Wolpert, "Stacked generalization", Neural Networks 1992, https://doi.org/10.1016/S0893-6080(05)80023-1
    """

    C: Annotated[float, "(0, inf)"] = 0.3

    def fit(self, learners: Learners, train: Blocks, valid: Blocks, seed: int) -> StackingFitted:
        """Fit a learner on the specimens that have its modality, and the softmax on all."""
        groups = [group for group in train.tables if can_learn(group, train)]
        blocks = {group: fit_block(group, learners.of(group), train, valid, seed) for group in groups}
        if not blocks:
            raise ValueError("stacking: no modality has specimens of two classes in train")
        held = [out_of_fold(block, train, seed) for block in blocks.values()]
        scales = [max(float(evidence.std()), 1e-12) for evidence in held]
        softmax = LogisticRegression(C=self.C, max_iter=2000)
        softmax.fit(_columns(held, scales), train.y, sample_weight=patient_weights(train.patient))
        return StackingFitted(blocks, scales, softmax, train.n_classes, learners)


@dataclass(frozen=True)
class StackingFitted:
    """Fitted learners by group, the spread of their evidence, and the softmax on it."""

    blocks: Mapping[str, FittedBlock]
    scales: Sequence[float]
    softmax: Any
    n_classes: int
    learners: Learners

    @property
    def settled(self) -> Learners:
        """Return the learners with what they chose fixed."""
        return self.learners.settled({group: block.learner for group, block in self.blocks.items()})

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return facts of each block."""
        return block_facts(self.blocks)

    def predict_proba(self, tables: Mapping[str, pd.DataFrame], n: int) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes)."""
        evidence = [block.evidence(tables[group], n) for group, block in self.blocks.items()]
        proba = self.softmax.predict_proba(_columns(evidence, self.scales))
        return all_classes(proba, self.softmax.classes_, self.n_classes)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``Stacking``."""
    return {"C": trial.suggest_float("C", 1e-3, 10, log=True)}


def _columns(evidence: Sequence[NDArray[np.float64]], scales: Sequence[float]) -> NDArray[np.float64]:
    return np.hstack([e / s for e, s in zip(evidence, scales, strict=True)])
