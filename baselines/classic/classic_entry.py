"""The one skeleton of classic entries: from cohorts to tables to learners to probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.classic.blocks import Blocks, Remake
from baselines.classic.parts import Combiner, Learners, View
from datasets.cohort import Cohort, NotApplicable

_VIEWS = ("clinical", "genes", "cells")


class ClassicEntry:
    """Fit the learners of a recipe on the tables of the modalities that it reads.

    Columns are fixed on train; each patient counts once. A class that train lacks gets probability 0.

    Args:
        name: What messages call the entry.
        parts: Slot -> part, see ``baselines.classic.parts``; a slot that is not there is empty.
        seed: Given to the learners.
    """

    needs: frozenset[str] = frozenset()

    def __init__(self, *, name: str = "classic", parts: Mapping[str, Any], seed: int = 0) -> None:
        self.name, self.seed = name, seed
        self.views: dict[str, View] = {slot: parts[slot] for slot in _VIEWS if parts.get(slot) is not None}
        own = {view.group: parts.get(f"blocks_{slot}") for slot, view in self.views.items()}
        self.learners = Learners(parts["blocks"], {g: learner for g, learner in own.items() if learner is not None})
        self.combiner: Combiner = parts["combiner"]

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Learn from ``train``; ``valid`` may only choose when a learner stops.

        Raises:
            ValueError: If the dataset has nothing that a view reads, or lacks what one cannot do without.
        """
        return self._learn(self.learners, train, valid)

    def refit(self, cohort: Cohort) -> Self:
        """Learn anew from all of ``cohort``, train and valid together, with what the learners chose in ``fit``."""
        return self._learn(self.fitted_.settled, cohort, cohort[np.array([], dtype=np.int64)])

    def predict_proba(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes), rows sum to 1.

        Raises:
            ValueError: If ``cohort`` lacks a group or column that the training cohort had.
        """
        if not len(cohort):
            return np.empty((0, cohort.n_classes))
        return self.fitted_.predict_proba(self._tables(cohort), len(cohort))

    def _learn(self, learners: Learners, train: Cohort, valid: Cohort) -> Self:
        used = self._used(train)
        self.transforms_ = {view.group: view.fit(train) for view in used}
        remake = {v.group: _remade(v, train) for v in used if getattr(v, "reads_labels", False)}
        blocks = self._blocks(train, remake)
        self.fitted_ = self.combiner.fit(learners, blocks, self._blocks(valid, {}), self.seed)
        self.report_: dict[str, Any] = {
            "n_features": sum(table.shape[1] for table in blocks.tables.values()),
            "groups": list(self.transforms_),
            "kept_features": any(getattr(view, "kept_features", False) for view in used),
            **self.fitted_.facts,
        }
        return self

    def _used(self, train: Cohort) -> list[View]:
        lacking = {view.group: view.lacking(train) for view in self.views.values()}
        for view in self.views.values():
            if lacking[view.group] and getattr(view, "required", False):
                raise NotApplicable(
                    f"{self.name}: dataset {train.name!r} has no {lacking[view.group]}, and this entry reads the "
                    f"{view.group}. Choose another entry for this dataset."
                )
        used = [view for view in self.views.values() if not lacking[view.group]]
        if not used:
            raise NotApplicable(
                f"{self.name}: dataset {train.name!r} has no {', no '.join(lacking.values())}, and this entry reads "
                "nothing else. Choose another entry for this dataset."
            )
        return used

    def _tables(self, cohort: Cohort) -> dict[str, pd.DataFrame]:
        absent = [v.group for v in self.views.values() if v.group in self.transforms_ and v.lacking(cohort)]
        if absent:
            raise ValueError(f"cohort {cohort.name!r} lacks {absent}, which the training cohort had")
        return {group: transform(cohort) for group, transform in self.transforms_.items()}

    def _blocks(self, cohort: Cohort, remake: Mapping[str, Remake]) -> Blocks:
        return Blocks(self._tables(cohort), cohort.y, cohort.patient, cohort.n_classes, remake)


def _remade(view: View, train: Cohort) -> Remake:
    """Return what makes the table of all specimens with a view that learned from some."""
    return lambda learn: view.fit(train[learn])(train)
