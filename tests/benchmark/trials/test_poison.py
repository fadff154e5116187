"""Nothing is learnt from rows outside train and valid: with poison in them every prediction stays what it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.entries.contract import Entry
from benchmark.entries.registry import entries, entry_class, entry_spec, load_dataset
from benchmark.trials.trial import run_trial
from datasets.cohort import Cohort
from tests.test_contract import quick
from tests.toy import toy_cohort

IMAGED = {"patients": 40, "cells": 2, "image_size": 32}
RULES_OF = {
    "rules-apl": ("apl-sim", IMAGED),
    "rules-apl-knows-generator": ("apl-sim", IMAGED),
    "rules-hematopoiesis": ("hematopoiesis-sim", {"donors": 12, "cells": 4, "n_genes": 2000}),
    "rules-mito": ("mito-sim", {**IMAGED, "patients": 80}),
}
Roles = dict[str, np.ndarray]


@cache
def cohort_for(name: str) -> Cohort:
    """Return a small cohort that an entry learns something from; rules know the columns of their own generator."""
    if name not in RULES_OF:
        return toy_cohort(n=36, missing=0.2)
    dataset, options = RULES_OF[name]
    return load_dataset(dataset, None, options)


def roles_of(cohort: Cohort) -> Roles:
    """Return roles of every class: train, valid, a test set whose second half is to be poisoned, and another."""
    order = np.argsort(cohort.y, kind="stable")
    parts = {role: np.sort(order[k::4]) for k, role in enumerate(("train", "valid", "test", "test:elsewhere"))}
    return {"ood:other": parts["test:elsewhere"][:3], **parts, "test:elsewhere": parts["test:elsewhere"][3:]}


def outside(roles: Roles) -> np.ndarray:
    """Return the rows that get poison: every other one of test, and the whole of what is elsewhere."""
    return np.concatenate([roles["test"][1::2], roles["test:elsewhere"], roles["ood:other"]])


def poisoned(cohort: Cohort, rows: np.ndarray) -> Cohort:
    """Return the cohort with other pixels, cell types, genes, clinical values, labels and domains in some rows."""
    parts: dict[str, object] = {"y": cohort.y.copy(), "domain": cohort.domain.copy()}
    parts["y"][rows] = (cohort.y[rows] + 1) % cohort.n_classes  # type: ignore[index]
    parts["domain"][rows] = cohort.domain[rows][::-1]  # type: ignore[index]
    if cohort.images is not None:
        images = np.concatenate([cohort.images.bag_rows(int(i)) for i in rows])
        pixels, kinds = np.array(cohort.images.pixels), cohort.images.cell_type
        pixels[images] = np.array([255, 0, 255], np.uint8) - pixels[images] // 3
        if kinds is not None:
            kinds = kinds.copy()
            kinds[images] = kinds[images][::-1]
        parts["images"] = replace(cohort.images, pixels=pixels, cell_type=kinds)
    if cohort.genes is not None:
        parts["genes"] = cohort.genes.copy()
        parts["genes"][rows] = np.where(cohort.has("genes")[rows, None], 40 - 3 * cohort.genes[rows], 0)
    if cohort.clinical is not None:
        parts["clinical"] = pd.DataFrame({name: bad(column, rows) for name, column in cohort.clinical.items()})
    view = cohort[np.arange(len(cohort))]
    vars(view).update(parts)
    return view


def bad(column: pd.Series, rows: np.ndarray) -> pd.Series:
    """Return a column with other numbers, or categories in another order, in some rows; what is missing stays."""
    changed = column.copy()
    if isinstance(column.dtype, pd.CategoricalDtype):
        kinds = column.cat.categories
        changed.iloc[rows] = column.iloc[rows].map(dict(zip(kinds, kinds[::-1], strict=True)))
    else:
        changed = changed.astype(float)
        changed.iloc[rows] = -1000.0 - 50 * column.iloc[rows].astype(float)
    return changed


def predicted(build: Callable[..., Entry], cohort: Cohort, roles: Roles, params: dict[str, Any]) -> pd.DataFrame:
    """Return the probabilities of valid rows and of those test rows that get no poison."""
    frame = pd.DataFrame(run_trial(build, cohort, roles, params=params, seed=7).predictions)
    clean = cohort.specimen[np.concatenate([roles["valid"], roles["test"][::2]])]
    return frame[frame["specimen"].isin(clean)].filter(regex=r"specimen|^p\d").reset_index(drop=True)


def same_after_poison(build: Callable[..., Entry], cohort: Cohort, **params: Any) -> bool:
    """Return whether an entry says the same of clean rows when all others are poisoned."""
    roles = roles_of(cohort)
    changed = poisoned(cohort, outside(roles))
    return predicted(build, cohort, roles, params).equals(predicted(build, changed, roles, params))


@pytest.mark.parametrize("name", sorted(entries()))
def test_poison_outside_train_and_valid_changes_no_prediction(name: str) -> None:
    """Two fits on the same rows with the same seed: an entry that is not reproducible to the last bit fails, too."""
    assert same_after_poison(entry_class(entry_spec(name)), cohort_for(name), **quick(name))


class Honest:
    """Learns one number from train and from what it predicts, row by row."""

    needs: frozenset[str] = frozenset()

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, train: Cohort, valid: Cohort) -> Honest:
        self.level_ = self.learned(train, valid)
        return self

    def learned(self, train: Cohort, valid: Cohort) -> float:
        return float(train.images.bag(0).mean()) if len(train.images.bag(0)) else 0.0

    def read(self, cohort: Cohort) -> np.ndarray:
        return np.nan_to_num(cohort.clinical["age"].to_numpy(float))

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        share = 1 / (2 + np.abs(np.sin(self.read(cohort) + self.level_)))
        rest = (1 - share[:, None]) / (cohort.n_classes - 1) * np.ones((1, cohort.n_classes - 1))
        return np.column_stack([share, rest])


class PixelPeeker(Honest):
    """Standardises with the pixels of the whole array, those of test rows among them."""

    def learned(self, train: Cohort, valid: Cohort) -> float:
        return float(train.images.pixels.mean())


class SpreadPeeker(Honest):
    def learned(self, train: Cohort, valid: Cohort) -> float:
        return float(valid.images.pixels.std())


class TypePeeker(Honest):
    def learned(self, train: Cohort, valid: Cohort) -> float:
        return float((train.images.cell_type[::3] == "Blast").sum())


class BatchReader(Honest):
    """Standardises with what it is asked to predict: one patient's answer then depends on the others'."""

    def read(self, cohort: Cohort) -> np.ndarray:
        return super().read(cohort) - np.nan_to_num(cohort.clinical["age"].to_numpy(float)).mean()


class GeneReader(Honest):
    def read(self, cohort: Cohort) -> np.ndarray:
        return cohort.genes[:, 0] - cohort.genes[:, 0].max()


class DomainReader(Honest):
    def read(self, cohort: Cohort) -> np.ndarray:
        return super().read(cohort) + (cohort.domain == "A").sum()


def test_an_honest_entry_passes() -> None:
    assert same_after_poison(Honest, cohort_for("any"))


@pytest.mark.parametrize("peeker", [PixelPeeker, SpreadPeeker, TypePeeker, BatchReader, GeneReader, DomainReader])
def test_an_entry_that_peeks_is_caught(peeker: type[Honest]) -> None:
    assert not same_after_poison(peeker, cohort_for("any"))


def test_the_poison_is_where_it_should_be() -> None:
    cohort = cohort_for("any")
    roles = roles_of(cohort)
    rows, changed = outside(roles), poisoned(cohort, outside(roles))
    inside = np.setdiff1d(np.arange(len(cohort)), rows)
    for where, same in ((inside, True), (rows, False)):
        assert cohort[where].clinical.equals(changed[where].clinical) == same
        assert np.array_equal(cohort.genes[where], changed.genes[where]) == same
        assert np.array_equal(*(c[where].images.pixels[c[where].images.all_rows()] for c in (cohort, changed))) == same
    assert set(np.concatenate(list(roles.values())).tolist()) == set(range(len(cohort)))
