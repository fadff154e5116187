"""The dry check: what breaks on five patients, in one sentence; test rows are never looked at."""

import dataclasses

import numpy as np
import pytest

from benchmark.workers.dry_check import what_breaks
from datasets.schemes.splitters import kfold
from tests.toy import toy_cohort

COHORT = toy_cohort(n=45, missing=0.2)
ROLES = kfold(COHORT, folds=3).roles(COHORT, 0)


class Good:
    needs = frozenset()

    def fit(self, train, valid):
        self.share = np.bincount(train.y, minlength=3) / len(train)
        return self

    def predict_proba(self, cohort):
        return np.tile(self.share, (len(cohort), 1))


class Raises(Good):
    def fit(self, train, valid):
        raise ValueError("planted\nfailure")


class Leaves(Good):
    def fit(self, train, valid):
        raise SystemExit("bye")


class Narrow(Good):
    def predict_proba(self, cohort):
        return super().predict_proba(cohort)[:, :2]


class Heavy(Good):
    def predict_proba(self, cohort):
        return super().predict_proba(cohort) * 2


class Missing(Good):
    def predict_proba(self, cohort):
        return super().predict_proba(cohort) * np.nan


class Changes(Good):
    def fit(self, train, valid):
        train.clinical["age"] = 0.0
        return super().fit(train, valid)


class ChangesLater(Good):
    def predict_proba(self, cohort):
        cohort.clinical["age"] = 0.0
        return super().predict_proba(cohort)


class Restless(Good):
    def predict_proba(self, cohort):
        proba = np.random.default_rng().dirichlet(np.ones(3), len(cohort))
        return proba


class Seeded(Good):
    def predict_proba(self, cohort):
        return np.random.dirichlet(np.ones(3), len(cohort))  # noqa: NPY002  a user may


class ReturnsNothing(Good):
    def fit(self, train, valid):
        pass


class NeedsMany(Good):
    def fit(self, train, valid):
        if len(train) < 10:
            raise ValueError("needs ten")
        return super().fit(train, valid)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (Good, ""),
        (Seeded, ""),
        (NeedsMany, ""),
        (Raises, "fit raises ValueError: planted failure"),
        (Leaves, "fit raises SystemExit: bye"),
        (Narrow, "predict_proba on valid returned float64 (5, 2), needs float64 (5, 3)"),
        (Heavy, "predict_proba on valid: 5 rows are not probabilities"),
        (Missing, "predict_proba on valid: 5 rows are not probabilities"),
        (Changes, "fit changes the cohort that it is given"),
        (ChangesLater, "predict_proba changes the cohort that it is given"),
        (Restless, "the same seed gives other probabilities"),
        (ReturnsNothing, "fit returned NoneType; return self"),
    ],
)
def test_what_breaks_is_one_sentence(build, said):
    cohort = dataclasses.replace(COHORT, clinical=COHORT.clinical.copy())
    found = what_breaks(build, cohort, ROLES)
    assert found.startswith(said) and bool(found) == bool(said) and "\n" not in found


def test_five_patients_of_several_classes_and_no_test_row_are_seen():
    seen = []

    class Spy(Good):
        def fit(self, train, valid):
            seen.append((train, valid))
            return super().fit(train, valid)

    test = COHORT.genes[ROLES["test"]]
    assert what_breaks(Spy, COHORT, ROLES) == ""
    for train, valid in seen:
        assert len(np.unique(train.patient)) == len(np.unique(valid.patient)) == 5
        assert len(np.unique(train.y)) == 3
        rows = np.concatenate([train.genes, valid.genes])
        told = rows.any(axis=1)
        assert not any((test == row).all(axis=1).any() for row in rows[told])
