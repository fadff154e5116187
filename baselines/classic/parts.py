"""What the skeleton asks of its parts; structural, no part inherits from it.

A part is a frozen dataclass whose fields are its hyper-parameters, with ``search_space(trial)`` beside it. A number
says beside its type in which interval it lies, ``Annotated[int, "[1, 100]"]``; what is outside is refused when a run is
planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd
from numpy.typing import NDArray

from baselines.classic.blocks import Blocks, Fitted, Table, Transform
from datasets.cohort import Cohort


class View(Protocol):
    """Slots ``clinical``, ``genes``, ``cells``: turn one modality into a table.

    A view whose dataset must have what it reads sets ``required = True``; one whose features are computed once and
    kept on disk sets ``kept_features = True``; one whose ``fit`` reads labels sets ``reads_labels = True``, and is
    fitted anew in every inner fold, or it would tell the learner of patients that were held out.

    Attributes:
        group: First word of its columns, "group:name".
    """

    @property
    def group(self) -> str: ...

    def lacking(self, cohort: Cohort) -> str:
        """Return what a dataset lacks for this view, "" when it has all."""
        ...

    def fit(self, train: Cohort) -> Transform:
        """Return Cohort -> DataFrame, float64 (n, n_features), NaN for what a specimen lacks.

        A table of cells has a row for each of them, and the position of its specimen as index.
        """
        ...


class Learner(Protocol):
    """Slots ``blocks`` and ``blocks_...``: learn from one table."""

    def fit(self, train: Table, valid: Table, seed: int) -> Fitted:
        """Learn from ``train``; ``valid`` may only choose when to stop."""
        ...


@dataclass(frozen=True)
class Learners:
    """The learner of each group.

    Attributes:
        usual: The learner of every group without one of its own.
        own: Group -> learner.
    """

    usual: Learner
    own: Mapping[str, Learner]

    def of(self, group: str) -> Learner:
        """Return the learner of a group."""
        return self.own.get(group, self.usual)

    def settled(self, own: Mapping[str, Learner]) -> Learners:
        """Return these learners with those of some groups replaced; a group that could not learn yet keeps its own."""
        return Learners(self.usual, {**self.own, **own})


class FittedCombiner(Protocol):
    """A combiner that has learned.

    Attributes:
        settled: The learners with what they chose fixed, for learning anew from more specimens.
    """

    @property
    def settled(self) -> Learners: ...

    @property
    def facts(self) -> Mapping[str, Any]: ...

    def predict_proba(self, tables: Mapping[str, pd.DataFrame], n: int) -> NDArray[Any]:
        """Return probabilities, float64 (n, n_classes), of n specimens from the tables of each group."""
        ...


class Combiner(Protocol):
    """Slot ``combiner``: from the tables of several groups to one prediction."""

    def fit(self, learners: Learners, train: Blocks, valid: Blocks, seed: int) -> FittedCombiner:
        """Fit one learner on all tables or one on each."""
        ...
