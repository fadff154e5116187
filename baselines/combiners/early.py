"""The part ``combiner = "early"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.classic import Blocks, Fitted, Learner, join


@dataclass(frozen=True, kw_only=True)
class Early:
    """One learner on the columns of all modalities side by side."""

    def fit(self, learner: Learner, train: Blocks, valid: Blocks, seed: int) -> EarlyFitted:
        """Fit the learner once."""
        return EarlyFitted(learner.fit(train.joined(), valid.joined(), seed))


@dataclass(frozen=True)
class EarlyFitted:
    """The learner, fitted on the joined table."""

    fitted: Fitted

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return what the report says of the fit."""
        return self.fitted.facts

    def predict_proba(self, tables: Mapping[str, pd.DataFrame]) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes)."""
        return self.fitted.predict_proba(join(tables))


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}
