"""The dry check: what breaks on five patients, in one sentence; test rows are never looked at."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from benchmark.workers import dry_check
from benchmark.workers.apart import NoAnswer
from benchmark.workers.dry_check import what_breaks
from datasets.schemes.splitters import kfold
from tests.benchmark.workers.test_executors import job
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


class RefitsNothing(Good):
    def refit(self, cohort):
        self.share = np.bincount(cohort.y, minlength=3) / len(cohort)


class RefitsBadly(Good):
    def refit(self, cohort):
        return Heavy().fit(cohort, cohort)


class RefitsMany(Good):
    def refit(self, cohort):
        if len(cohort) < 20:
            raise ValueError("needs twenty")
        return self


class Traces(Good):
    def trace(self, cohort):
        return pd.DataFrame({"specimen": cohort.specimen, "why": "share"})


class TracesNobody(Good):
    def trace(self, cohort):
        return pd.DataFrame({"why": ["share"]})


class Masked(Good):
    def predict_proba(self, cohort):
        return np.ma.masked_less(super().predict_proba(cohort), 0.3)


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
        (RefitsMany, ""),
        (Traces, ""),
        (Raises, "fit raises ValueError: planted failure"),
        (Leaves, "fit raises SystemExit: bye"),
        (Narrow, "predict_proba on valid returned float64 (5, 2), needs float64 (5, 3)"),
        (Heavy, "predict_proba on valid: 5 rows are not probabilities"),
        (Missing, "predict_proba on valid: 5 rows are not probabilities"),
        (Changes, "fit changes the cohort that it is given"),
        (ChangesLater, "predict_proba changes the cohort that it is given"),
        (Restless, "the same seed gives other probabilities"),
        (ReturnsNothing, "fit returned NoneType; return self"),
        (RefitsNothing, "refit returned NoneType; return self"),
        (RefitsBadly, "predict_proba on valid: 5 rows are not probabilities"),
        (TracesNobody, "trace returned 0 columns 'specimen' (columns: 'why'); return one, filled from cohort.specimen"),
        (Masked, "predict_proba on valid returned a masked array; fill it"),
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


CHANGES = {
    "y": lambda c: c.y.__setitem__(0, 2 - c.y[0] or 1),
    "present": lambda c: c.present.__setitem__((0, 0), not c.present[0, 0]),
    "genes": lambda c: c.genes.__setitem__((1, 1), 99),
    "patient": lambda c: c.patient.__setitem__(0, "Q"),
    "domain": lambda c: c.domain.__setitem__(0, "Q"),
    "specimen": lambda c: c.specimen.__setitem__(0, "Q"),
    "value": lambda c: c.clinical.__setitem__("age", 1.0),
    "column": lambda c: c.clinical.rename(columns={"age": "years"}, inplace=True),
    "pixel": lambda c: c.images.pixels.__setitem__((2, 3, 4, 1), 7),
    "nothing": lambda c: None,
}


@pytest.mark.parametrize("what", CHANGES)
def test_any_change_of_what_an_entry_can_read_is_seen(what):
    fresh = toy_cohort(n=12, missing=0)
    before = dry_check._digest(fresh)
    CHANGES[what](fresh)
    assert (dry_check._digest(fresh) == before) is (what == "nothing")
    bare = toy_cohort(n=12, images=False, genes=False, clinical=False) if what == "nothing" else COHORT
    assert len(dry_check._digest(bare)) == 32


@pytest.mark.parametrize("counts", [(9, 1, 1), (3, 3, 3), (1, 1, 1), (1, 9, 1), (2, 9, 2)])
def test_few_patients_are_dealt_from_all_classes_in_turn_with_all_their_specimens(counts):
    y = np.repeat([0, 1, 2], [2 * n for n in counts])  # two specimens a patient
    patient = np.array([f"P{i // 2:02d}" for i in range(len(y))])
    cohort = dataclasses.replace(toy_cohort(n=len(y)), y=y, patient=patient, target_level="specimen")
    rows = np.random.default_rng(0).permutation(len(y))
    chosen = dry_check._of_few_patients(cohort, rows)
    assert chosen.tolist() == [row for row in rows if row in set(chosen)]
    left, deal = list(counts), [0, 0, 0]
    for _ in range(min(5, sum(counts))):
        k = min((deal[k], k) for k in range(3) if left[k])[1]
        left[k], deal[k] = left[k] - 1, deal[k] + 1
    assert np.bincount(y[chosen], minlength=3).tolist() == [2 * n for n in deal]
    kinds = dict(zip(patient[rows], y[rows], strict=True))
    firsts = [[p for p in kinds if kinds[p] == k][: deal[k]] for k in range(3)]
    assert set(patient[chosen]) == {p for some in firsts for p in some}


class AtLength(Good):
    def fit(self, train, valid):
        raise ValueError("x" * 500)


def test_a_finding_is_not_longer_than_a_few_lines_and_what_breaks_on_few_alone_is_none():
    assert what_breaks(AtLength, COHORT, ROLES) == ("fit raises ValueError: " + "x" * 500)[:400]


def test_an_entry_without_valid_patients_is_asked_about_train():
    asked = []

    class Asked(Good):
        def predict_proba(self, cohort):
            asked.append(len(cohort))
            assert set(cohort.y) == {-1}
            return super().predict_proba(cohort)

    assert what_breaks(Asked, COHORT, {**ROLES, "valid": ROLES["valid"][:0]}) == "" and asked == [5, 5]


def test_each_file_is_tried_once_and_its_finding_is_said_with_the_name(monkeypatch, tmp_path):
    paths = [f"{tmp_path}/{name}.py:Mine" for name in "ab"]
    jobs = [job(tmp_path, fold, target) for fold, target in enumerate([*paths, paths[0], "baselines.x:Y", "recipe:z"])]
    asked = []

    def ask(function, question, limit):
        asked.append((question["target"], limit))
        if "/b.py" in question["target"]:
            raise NoAnswer("not done")
        return "" if len(asked) > 2 else "fit raises X"

    monkeypatch.setattr(dry_check, "ask", ask)
    said = [f"Dry check of e on five patients: {text}" for text in ("fit raises X", "not done")]
    assert dry_check.dry_checks(jobs, 3.0) == said
    assert asked == [(path, 3.0) for path in paths]
    assert dry_check.dry_checks(jobs[:1]) == [] and asked[-1] == (paths[0], 10.0)
