"""No patient crosses roles, whatever the cohort; strata are dealt evenly; plans survive disk and refuse edits."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import toy_cohort

from datasets.cohort import Cohort, Provenance, presence
from datasets.splits import (
    SplitError,
    SplitPlan,
    check_patients,
    kfold,
    leave_one_domain_out,
    load_plan,
    official,
    save_plan,
)


def bare_cohort(y, patient, domain) -> Cohort:
    n = len(y)
    table = pd.DataFrame({"age": np.linspace(20, 80, n)})
    return Cohort(
        name="bare",
        classes=tuple(f"c{k}" for k in range(max(y) + 1)),
        y=np.asarray(y, np.int64),
        specimen=np.array([f"s{i}" for i in range(n)]),
        patient=np.array([f"p{i}" for i in patient]),
        domain=np.array([f"d{i}" for i in domain]),
        provenance=Provenance("test", "0", "none"),
        present=presence(n, clinical=table),
        clinical=table,
        units={"age": "years"},
        target_level="specimen",
    )


@st.composite
def cohorts(draw) -> Cohort:
    n_patients = draw(st.integers(12, 40))
    n_classes = draw(st.integers(2, 3))
    specimens = draw(st.lists(st.integers(1, 3), min_size=n_patients, max_size=n_patients))
    patient = np.repeat(np.arange(n_patients), specimens)
    y = patient % n_classes
    domain = np.array(draw(st.lists(st.integers(0, 2), min_size=len(y), max_size=len(y))))
    domain[:2] = [0, 1]
    return bare_cohort(y, patient, domain)


def crossing(cohort: Cohort, plan: SplitPlan) -> list[str]:
    found = []
    for fold in plan.folds:
        roles = plan.roles(cohort, fold)
        for a in roles:
            for b in roles:
                if a < b:
                    found += sorted(set(cohort.patient[roles[a]]) & set(cohort.patient[roles[b]]))
    return found


@given(cohorts(), st.integers(0, 5))
def test_no_patient_crosses_roles(cohort, seed):
    assert crossing(cohort, kfold(cohort, folds=3, seed=seed)) == []


@given(cohorts(), st.integers(0, 5))
def test_no_patient_crosses_roles_between_domains(cohort, seed):
    plan = leave_one_domain_out(cohort, seed=seed)
    tests = {fold: [r for r in plan.roles(cohort, fold) if r.startswith("test")] for fold in plan.folds}
    for fold in plan.folds:
        roles = plan.roles(cohort, fold)
        held = np.concatenate([roles[r] for r in tests[fold]]) if tests[fold] else np.empty(0, int)
        learned = np.concatenate([roles[r] for r in ("train", "valid") if r in roles])
        assert not set(cohort.patient[held]) & set(cohort.patient[learned])
        assert set(cohort.y[held]) <= set(cohort.y[learned])


@given(cohorts(), st.integers(0, 5))
def test_every_specimen_is_tested_once_and_only_once(cohort, seed):
    table = kfold(cohort, folds=3, seed=seed).table
    tested = table[table["role"] == "test"]["specimen"]
    assert sorted(tested) == sorted(cohort.specimen)


def test_classes_and_domains_are_dealt_evenly():
    cohort = toy_cohort(n=90, n_classes=3)
    plan = kfold(cohort, folds=5, seed=3)
    for k in range(3):
        counts = [int((cohort.y[plan.roles(cohort, f)["test"]] == k).sum()) for f in plan.folds]
        assert max(counts) - min(counts) <= 1
    for domain in ("A", "B"):
        counts = [int((cohort.domain[plan.roles(cohort, f)["test"]] == domain).sum()) for f in plan.folds]
        assert max(counts) - min(counts) <= 3


def test_domains_outside_training_are_shifted_test_sets_of_every_fold():
    cohort = toy_cohort(n=90, domains=("A", "B", "C"))
    plan = kfold(cohort, folds=3, train_domains=["A", "B"])
    for fold in plan.folds:
        roles = plan.roles(cohort, fold)
        assert set(cohort.domain[roles["test:C"]]) == {"C"}
        assert (cohort.domain == "C").sum() == len(roles["test:C"])
        assert "C" not in set(cohort.domain[np.concatenate([roles["train"], roles["valid"], roles["test"]])])


def test_official_learns_from_all_training_patients_and_rotates_valid():
    cohort = toy_cohort(n=60, domains=("Train", "North", "South"))
    plan = official(cohort, train_domains=["Train"], repeats=5)
    valid = [set(cohort.specimen[plan.roles(cohort, f)["valid"]]) for f in plan.folds]
    assert set.union(*valid) == set(cohort.specimen[cohort.domain == "Train"])
    assert sum(map(len, valid)) == (cohort.domain == "Train").sum()
    assert plan.test_roles == ("test:North", "test:South")


def test_a_class_seen_in_one_domain_only_is_not_evaluable_there():
    y = np.array([0, 1] * 10 + [2] * 5)
    cohort = bare_cohort(y, np.arange(25), np.array([0, 0, 1, 1] * 5 + [1] * 5))
    plan = leave_one_domain_out(cohort)
    assert plan.notes == ("c2 is not evaluable in d1: all its 5 patients are there",)
    fold = plan.table[plan.table["role"] == "test:d1"]["fold"].iloc[0]
    assert 2 not in cohort.y[plan.roles(cohort, fold)["test:d1"]]


def test_same_seed_same_plan_and_other_seed_other_plan():
    cohort = toy_cohort()
    assert kfold(cohort, folds=3, seed=1).checksum == kfold(cohort, folds=3, seed=1).checksum
    assert kfold(cohort, folds=3, seed=1).checksum != kfold(cohort, folds=3, seed=2).checksum


def test_too_few_patients_of_a_class_is_refused_by_name():
    with pytest.raises(SplitError, match=r"class-2 \(3\)"):
        kfold(toy_cohort(n=9), folds=5)


def test_planted_leak_is_found():
    cohort = dataclasses.replace(
        toy_cohort(), patient=np.repeat([f"P{i}" for i in range(20)], 3), target_level="specimen"
    )
    plan = kfold(toy_cohort(), folds=3)
    with pytest.raises(SplitError, match="cross roles"):
        check_patients(cohort, plan)


def test_plan_survives_disk_and_refuses_an_edit(tmp_path):
    plan = leave_one_domain_out(toy_cohort())
    path = tmp_path / "plan.csv"
    save_plan(plan, path)
    assert load_plan(path).checksum == plan.checksum
    path.write_text(path.read_text().replace(",valid", ",train", 1))
    with pytest.raises(SplitError, match="does not match its checksum"):
        load_plan(path)


def test_plan_drops_an_absent_test_domain_and_adds_an_unknown_one():
    cohort = toy_cohort(n=90, domains=("A", "B", "C"))
    plan = kfold(cohort, folds=3, train_domains=["A"])
    here = cohort[cohort.domain != "C"]
    assert plan.fitted_to(here).test_roles == ("test", "test:B")
    partial = SplitPlan(plan.table[plan.table["role"] != "test:C"])
    assert partial.fitted_to(cohort).checksum == plan.checksum


def test_plan_refuses_a_cohort_that_lacks_training_patients():
    cohort = toy_cohort(n=90)
    plan = kfold(cohort, folds=3)
    with pytest.raises(SplitError, match="lacks 1 specimens"):
        plan.fitted_to(cohort[np.arange(1, 90)])
