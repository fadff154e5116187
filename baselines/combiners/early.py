"""The part ``combiner = "early"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.classic import Blocks, Fitted, Learners, join


@dataclass(frozen=True, kw_only=True)
class Early:
    """One learner on the columns of all modalities side by side."""

    def fit(self, learners: Learners, train: Blocks, valid: Blocks, seed: int) -> EarlyFitted:
        """Fit the learner once.

        Raises:
            ValueError: If a modality has a learner of its own, or a table has a row a cell.
        """
        if learners.own:
            raise ValueError(
                f"combiner=early has one learner for all columns, but {', '.join(learners.own)} has one of its own; "
                "leave blocks_... out, or choose combiner=product"
            )
        fitted = learners.usual.fit(train.joined(), valid.joined(), seed)
        return EarlyFitted(fitted, Learners(getattr(fitted, "settled", None) or learners.usual, {}))


@dataclass(frozen=True)
class EarlyFitted:
    """The learner, fitted on the joined table."""

    fitted: Fitted
    settled: Learners

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return what the report says of the fit."""
        return self.fitted.facts

    def predict_proba(self, tables: Mapping[str, pd.DataFrame], n: int) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes)."""
        return self.fitted.predict_proba(join(tables))


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
