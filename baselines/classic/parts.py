"""What the skeleton asks of its parts; structural, no part inherits from it.

A part is a frozen dataclass whose fields are its hyper-parameters, with ``search_space(trial)`` beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import pandas as pd
from numpy.typing import NDArray

from baselines.classic.blocks import Blocks, Fitted, Table, Transform
from datasets.cohort import Cohort


class View(Protocol):
    """Slots ``clinical``, ``genes``, ``cells``: turn one modality into a table.

    A view whose dataset must have what it reads sets ``required = True``; one whose features are computed once and
    kept on disk sets ``kept_features = True``.

    Attributes:
        group: First word of its columns, "group:name".
    """

    @property
    def group(self) -> str: ...

    def lacking(self, cohort: Cohort) -> str:
        """Return what a dataset lacks for this view, "" when it has all."""
        ...

    def fit(self, train: Cohort) -> Transform:
        """Return Cohort -> DataFrame, float64 (n, n_features), NaN for what a specimen lacks."""
        ...


class Learner(Protocol):
    """Slot ``blocks``: learn from one table."""

    def fit(self, train: Table, valid: Table, seed: int) -> Fitted:
        """Learn from ``train``; ``valid`` may only choose when to stop."""
        ...


class FittedCombiner(Protocol):
    """A combiner that has learned."""

    @property
    def facts(self) -> Mapping[str, Any]: ...

    def predict_proba(self, tables: Mapping[str, pd.DataFrame]) -> NDArray[Any]:
        """Return probabilities, float64 (n, n_classes), of the tables of each group."""
        ...


class Combiner(Protocol):
    """Slot ``combiner``: from the tables of several groups to one prediction."""

    def fit(self, learner: Learner, train: Blocks, valid: Blocks, seed: int) -> FittedCombiner:
        """Fit the learner on one table or on several."""
        ...
