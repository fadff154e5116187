"""No patient crosses roles, whatever the cohort; strata are dealt evenly; plans survive disk and refuse edits."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.planning.splitting import make_split
from benchmark.suites.suite import Split
from datasets.cohort import Cohort, Provenance, presence
from datasets.schemes.splitters import images, kfold, leave_one_domain_out, official, published, temporal, zero_shot
from datasets.splits import SplitError, SplitPlan, check_patients, load_plan, save_plan
from tests.toy import toy_cohort


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
    said = (
        r"5 folds need 5 patients of each class, and there are fewer of class-0 \(3\), .*class-2 \(3\); ask for fewer"
    )
    with pytest.raises(SplitError, match=said):
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


def test_a_plan_says_for_which_domains_it_holds_and_how_it_was_made(tmp_path):
    cohort = toy_cohort(n=90, domains=("A", "B", "C"))
    plan = make_split(Split(scheme="leave-one-domain-out", seed=3), cohort)
    save_plan(plan, tmp_path / "plan.csv")
    again = load_plan(tmp_path / "plan.csv")
    assert again.domains == ("A", "B", "C")
    assert (again.made["scheme"], again.made["seed"]) == ("leave-one-domain-out", 3)
    assert again.notes == plan.notes
    for line, other in (('["A", "B", "C"]', "A, B"), ('["A", "B", "C"]', '"A"'), ("made={", "made=[{")):
        text = (tmp_path / "plan.csv").read_text()
        (tmp_path / "edited.csv").write_text(text.replace(line, other, 1))
        with pytest.raises(SplitError, match="restore the file"):
            load_plan(tmp_path / "edited.csv")


@pytest.mark.parametrize("here", ["ABCD", "AB"])
@pytest.mark.parametrize("scheme", ["leave-one-domain-out", "transfer"])
def test_a_plan_that_leaves_each_domain_out_is_made_anew_for_other_domains(tmp_path, here, scheme):
    cohort = toy_cohort(n=120, domains=tuple("ABCD"))
    spec = Split(scheme=scheme, seed=3)
    save_plan(make_split(spec, cohort[cohort.domain != "D"]), tmp_path / "plan.csv")
    committed = Split(scheme="plan", plan=str(tmp_path / "plan.csv"))
    same = make_split(committed, cohort[cohort.domain != "D"])
    assert same.checksum == load_plan(tmp_path / "plan.csv").checksum
    now = cohort[np.isin(cohort.domain, list(here))]
    plan = make_split(committed, now)
    assert plan.checksum == make_split(spec, now).checksum
    assert "holds for the domains A, B, C; here are " + ", ".join(here) in plan.notes[0]
    if scheme == "leave-one-domain-out":
        assert len(plan.folds) == len(here)
        for fold in plan.folds:
            roles = plan.roles(now, fold)
            (tested,) = (role.removeprefix("test:") for role in roles if role.startswith("test"))
            assert set(now.domain[roles["train"]]) == set(here) - {tested}


def test_a_plan_that_leaves_each_domain_out_and_does_not_say_how_is_refused_for_others(tmp_path):
    cohort = toy_cohort(n=120, domains=tuple("ABCD"))
    save_plan(leave_one_domain_out(cohort[cohort.domain != "D"]), tmp_path / "plan.csv")
    with pytest.raises(SplitError, match=r"here are A, B, C, D\. It does not say how it was made: make a new plan"):
        make_split(Split(scheme="plan", plan=str(tmp_path / "plan.csv")), cohort)


def test_a_new_domain_of_a_plan_of_patients_is_a_shifted_test_set_and_a_note_says_so(tmp_path):
    cohort = toy_cohort(n=90, domains=("A", "B", "C"))
    save_plan(make_split(Split(scheme="kfold", folds=3), cohort[cohort.domain != "C"]), tmp_path / "plan.csv")
    plan = make_split(Split(scheme="plan", plan=str(tmp_path / "plan.csv")), cohort)
    assert plan.test_roles == ("test", "test:C")
    assert plan.notes[0].endswith("so a shifted test set of every fold: C")


def test_plan_refuses_a_cohort_that_lacks_training_patients():
    cohort = toy_cohort(n=90)
    plan = kfold(cohort, folds=3)
    with pytest.raises(SplitError, match="lacks 1 specimens"):
        plan.fitted_to(cohort[np.arange(1, 90)])


def unnamed(cohort: Cohort, **changes) -> Cohort:
    return dataclasses.replace(cohort, patient=cohort.specimen, patients_known=False, **changes)


def test_a_patient_split_without_patient_ids_is_refused_and_the_image_split_is_offered():
    cohort = unnamed(bare_cohort(np.arange(30) % 2, range(30), np.arange(30) % 3))
    with pytest.raises(SplitError, match="scheme = 'images'"):
        kfold(cohort, folds=3)
    with pytest.raises(SplitError, match="scheme = 'images'"):
        zero_shot(cohort, folds=3, train_domains=["d0"])


def test_an_image_split_keeps_groups_together_and_says_what_it_is():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 40, 90)
    base = bare_cohort(np.arange(90) % 3, range(90), [0] * 90)
    cohort = dataclasses.replace(base, patient=groups.astype(str), patients_known=False)
    plan = images(cohort, folds=3)
    assert "no patient ids" in plan.notes[0]
    seen = []
    for fold in plan.folds:
        roles = plan.roles(cohort, fold)
        assert sorted(np.concatenate(list(roles.values()))) == list(range(90))
        parts = [set(groups[rows]) for rows in roles.values()]
        assert all(not a & b for i, a in enumerate(parts) for b in parts[:i])
        seen += roles["test"].tolist()
    assert sorted(seen) == list(range(90))


def test_an_image_split_is_refused_where_patients_are_known():
    with pytest.raises(SplitError, match="by patient"):
        images(bare_cohort([0, 1] * 10, range(20), [0] * 20), folds=2)


def test_a_published_split_with_a_valid_part_is_used_as_it_is():
    base = bare_cohort([0, 1] * 15, range(30), [0] * 30)
    official_roles = np.array(["train"] * 20 + ["valid"] * 4 + ["test"] * 5 + [""])
    plan = published(dataclasses.replace(base, official=official_roles))
    assert plan.folds == (0,)
    roles = plan.roles(base, 0)
    assert {role: rows.tolist() for role, rows in roles.items()} == {
        "train": list(range(20)), "valid": list(range(20, 24)), "test": list(range(24, 29))
    }  # fmt: skip


def test_a_published_split_without_a_valid_part_takes_it_from_training_patients():
    base = bare_cohort([0, 1] * 15, np.repeat(np.arange(15), 2) * 2 + np.tile([0, 1], 15), [0] * 30)
    cohort = dataclasses.replace(base, official=np.array(["train"] * 20 + ["test"] * 10))
    plan = published(cohort, repeats=5)
    valid = [plan.roles(cohort, fold)["valid"].tolist() for fold in plan.folds]
    assert sorted(row for rows in valid for row in rows) == list(range(20))
    assert all(plan.roles(cohort, fold)["test"].tolist() == list(range(20, 30)) for fold in plan.folds)


def test_zero_shot_learns_in_one_domain_and_tests_held_out_patients_in_all():
    donors = np.repeat(np.arange(24), 3)
    cohort = bare_cohort(donors % 2, donors, np.tile([0, 1, 2], 24))
    plan = zero_shot(cohort, folds=3, train_domains=["d0"])
    tested = []
    for fold in plan.folds:
        roles = plan.roles(cohort, fold)
        assert set(roles) == {"train", "valid", "test", "test:d1", "test:d2"}
        assert set(cohort.domain[np.concatenate([roles["train"], roles["valid"], roles["test"]])]) == {"d0"}
        held = set(cohort.patient[roles["test"]])
        assert held == set(cohort.patient[roles["test:d1"]]) == set(cohort.patient[roles["test:d2"]])
        tested += sorted(held)
    assert sorted(tested) == sorted(set(cohort.patient))
    check_patients(cohort, plan)


def test_a_temporal_split_learns_only_from_the_past():
    y = np.arange(60) % 2
    era = np.array(["2019", "2020", "2021"])[np.arange(60) // 20]
    patient = np.arange(60)
    patient[45] = 5  # seen in 2019 and again in 2021
    y[45] = y[5]
    cohort = dataclasses.replace(bare_cohort(y, patient, [0] * 60), era=era)
    plan = temporal(cohort)
    assert plan.test_roles == ("test:2020", "test:2021")
    for fold, year in enumerate(("2020", "2021")):
        roles = plan.roles(cohort, fold)
        learned = np.concatenate([roles["train"], roles["valid"]])
        assert (era[learned] < year).all()
        assert set(cohort.patient[learned]).isdisjoint(cohort.patient[roles[f"test:{year}"]])


def test_undated_specimens_play_no_role_and_eras_must_sort():
    base = bare_cohort(np.arange(40) % 2, range(40), [0] * 40)
    era = np.array(["2019", "2020"])[np.arange(40) // 20]
    era[:4] = ""
    plan = temporal(dataclasses.replace(base, era=era))
    assert not set(plan.table["specimen"]) & set(base.specimen[:4])
    assert "4 specimens without an era play no role" in plan.notes
    with pytest.raises(SplitError, match="unequal length"):
        temporal(dataclasses.replace(base, era=np.array(["9", "10"])[np.arange(40) // 20]))


def test_a_temporal_split_needs_eras():
    with pytest.raises(SplitError, match="eras"):
        temporal(bare_cohort([0, 1] * 10, range(20), [0] * 20))
