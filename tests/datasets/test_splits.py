"""No patient crosses roles, whatever the cohort; strata are dealt evenly; plans survive disk and refuse edits."""

import dataclasses
import hashlib

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


def table_of(rows):
    return pd.DataFrame(rows, columns=["specimen", "fold", "role"])


def test_roles_that_are_unknown_or_two_are_named():
    rows = [(f"s{i}", 0, role) for i, role in enumerate(["train", "valid", "test", "test:x", "ood:x"])]
    assert SplitPlan(table_of(rows)).test_roles == ("test", "test:x")
    odd = [*rows, ("s8", 0, "test:"), ("s9", 1, "dev"), ("s7", 0, "ood:"), ("s6", 0, "Train")]
    told = r"unknown roles \['Train', 'dev', 'ood:', 'test:'\]; known: train, valid, test, test:<domain>, ood:<name>$"
    with pytest.raises(SplitError, match=told):
        SplitPlan(table_of(odd))
    twice = [(f"s{i}", 3, role) for i in range(7) for role in ("train", "test")] + [("a", 0, "test"), ("a", 1, "test")]
    told = r"specimens with two roles in one fold: \['s0', 's1', 's2', 's3', 's4'\]$"
    with pytest.raises(SplitError, match=told):
        SplitPlan(table_of(twice))


def test_roles_are_positions_in_order_and_strangers_are_named():
    cohort = toy_cohort(n=30, images=False)
    rows = [(name, fold, "test" if i % 2 else "train") for fold in (4, 2) for i, name in enumerate(cohort.specimen)]
    plan = SplitPlan(table_of(rows[::-1]))
    assert plan.folds == (2, 4)
    turned = cohort[np.arange(30)[::-1]]
    roles = plan.roles(turned, 4)
    assert {role: rows.tolist() for role, rows in roles.items()} == {
        "test": list(range(0, 30, 2)), "train": list(range(1, 30, 2))
    }  # fmt: skip
    assert all(rows.dtype == np.int64 for rows in roles.values())
    with pytest.raises(SplitError, match=r"^no fold 3; the plan has folds \[2, 4\]$"):
        plan.roles(cohort, 3)
    with pytest.raises(SplitError, match=r"lacks: \['S000', 'S001', 'S002', 'S003', 'S004'\]$"):
        plan.roles(cohort[np.arange(7, 30)], 2)


def test_a_checksum_is_of_the_sorted_table():
    rows = [("b", 1, "test"), ("a", 1, "test"), ("c", 0, "train"), ("a", 0, "valid"), ("d", 0, "train")]
    text = "specimen,fold,role\nc,0,train\nd,0,train\na,0,valid\na,1,test\nb,1,test\n"
    for order in (rows, rows[::-1]):
        shuffled = table_of(order).assign(more=1)[["role", "more", "fold", "specimen"]]
        assert SplitPlan(shuffled).checksum == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("rows", "rotates"),
    [
        ([("a", 0, "test:x"), ("b", 0, "train"), ("a", 1, "train")], True),
        ([("a", 0, "test:x"), ("b", 0, "valid"), ("a", 1, "valid")], True),
        ([("a", 0, "test"), ("b", 0, "train"), ("a", 1, "train")], False),
        ([("a", 0, "test:x"), ("b", 0, "train"), ("a", 1, "test:x")], False),
    ],
)
def test_a_plan_rotates_where_a_shifted_test_set_is_learnt_from_elsewhere(rows, rotates):
    assert SplitPlan(table_of(rows)).rotates is rotates


def test_domains_that_are_here_or_in_the_plan_alone_are_told():
    cohort = toy_cohort(n=60, domains=tuple("DCBA"))
    plan = SplitPlan(kfold(cohort[np.isin(cohort.domain, ["A", "B"])], folds=2).table)
    assert plan.other_domains(cohort) == (["C", "D"], [])
    said = dataclasses.replace(plan, domains=("Z", "B", "Y"))
    assert said.other_domains(cohort) == (["A", "C", "D"], ["Y", "Z"])
    odd = dataclasses.replace(
        cohort, y=np.where(cohort.domain == "C", -1, cohort.y), unseen=np.where(cohort.domain == "C", "far", "")
    )
    assert plan.other_domains(odd) == (["D"], [])


def test_a_plan_that_does_not_fit_says_what_is_lacking():
    cohort = toy_cohort(n=90, domains=("A", "B", "C"))
    plan = kfold(cohort, folds=3, train_domains=["A"])
    first = np.flatnonzero(cohort.domain == "B")[:1]
    told = rf"^toy lacks 1 specimens that its split plan needs \(first: S{first[0]:03d}\)"
    with pytest.raises(SplitError, match=told):
        plan.fitted_to(cohort[np.setdiff1d(np.arange(90), first)])  # a shifted domain that is partly here
    inside = np.flatnonzero(cohort.domain == "A")[:7]
    names = ", ".join(cohort.specimen[inside[:5]])
    told = rf"^toy lacks 7 specimens that its split plan needs \(first: {names}\)\. Complete the data: python -m "
    with pytest.raises(SplitError, match=told):
        plan.fitted_to(cohort[np.setdiff1d(np.arange(90), inside)])
    shorter = SplitPlan(plan.table[~plan.table["specimen"].isin(cohort.specimen[[*inside, *first]])])
    names = ", ".join(cohort.specimen[sorted([*inside, *first])][:5])
    told = rf"^toy has specimens of \['A', 'B'\] that its split plan does not list \(first: {names}\)\. Make a new"
    with pytest.raises(SplitError, match=told):
        shorter.fitted_to(cohort)


def test_patients_who_cross_are_counted_and_the_first_is_told_with_fold_and_roles():
    cohort = dataclasses.replace(toy_cohort(n=6), patient=np.array([*"AABBCC"]), target_level="specimen")
    names = cohort.specimen.tolist()
    roles = ["train", "train", "test", "valid", "test:x", "test:y"]
    rows = [(s, 0, "train") for s in names] + [(s, 1, r) for s, r in zip(names, roles, strict=True)]
    with pytest.raises(SplitError, match=r"^1 patients cross roles; first: B in fold 1 is test and valid$"):
        check_patients(cohort, SplitPlan(table_of(rows)))
    roles = ["valid", "train", "train", "ood:q", "test", "test"]
    rows = [(s, k, r) for k in (0, 2) for s, r in zip(names, roles, strict=True)]
    with pytest.raises(SplitError, match=r"^2 patients cross roles; first: A in fold 0 is train and valid$"):
        check_patients(cohort, SplitPlan(table_of(rows)))
    check_patients(cohort, SplitPlan(table_of([(s, k, "test") for k, s in enumerate(names)])))


def written(plan, path, **edits):
    save_plan(plan, path)
    text = path.read_text()
    for old, new in edits.values():
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)
    return path


def test_a_kept_plan_has_all_it_says_in_lines_of_comment(tmp_path):
    rows = [("007", 0, "train"), ("NA", 0, "test")]
    plan = SplitPlan(table_of(rows), ("one  note", "domainless"), ("B", "A"), {"scheme": "kfold", "folds": 2})
    save_plan(plan, tmp_path / "p.csv")
    lines = (tmp_path / "p.csv").read_text().splitlines()
    said = ['domains=["B", "A"]', 'made={"scheme": "kfold", "folds": 2}', "one note", "domainless"]
    seal = hashlib.sha256("\n".join(said).encode()).hexdigest()
    assert lines == [
        f"# sha256={plan.checksum}", *(f"# {line}" for line in said), f"# notes sha256={seal}", "specimen,fold,role",
        "NA,0,test", "007,0,train",
    ]  # fmt: skip
    again = load_plan(tmp_path / "p.csv", plan.checksum)
    assert (again.notes, again.domains, again.made) == (("one note", "domainless"), ("B", "A"), dict(plan.made))
    assert sorted(again.table["specimen"]) == ["007", "NA"] and again.table["fold"].dtype == np.int64
    bare = SplitPlan(table_of(rows))
    save_plan(bare, tmp_path / "bare.csv")
    assert len((tmp_path / "bare.csv").read_text().splitlines()) == 5
    again = load_plan(tmp_path / "bare.csv")
    assert (again.notes, again.domains, again.made) == ((), (), {})


def test_plans_that_were_edited_or_are_others_are_refused(tmp_path):
    plan = SplitPlan(table_of([("a", 0, "train"), ("b", 0, "test")]), ("a note",), ("A",), {"seed": 1})
    path = tmp_path / "plan.csv"
    cases = {
        "notes do not match their checksum": {"note": ("# a note", "# another")},
        "the first line must be '# sha256=<checksum>'": {"first": ("# sha256=", "# md5=")},
        r"columns are \['specimen', 'fold', 'part'\], need \['specimen', 'fold', 'role'\]": {
            "head": (",role", ",part")
        },
        "content does not match its checksum": {"row": ("b,0,test", "b,1,test")},
        "unknown roles": {"row": ("b,0,test", "b,0,exam")},
    }
    for told, edits in cases.items():
        with pytest.raises(SplitError, match=rf"^{path}: .*{told}.*; restore the file or save a new plan$"):
            load_plan(written(plan, path, **edits))
    older = written(plan, path)
    kept = [line for line in older.read_text().splitlines(keepends=True) if not line.startswith("# notes")]
    older.write_text("".join(kept))
    assert load_plan(older).notes == ("a note",)  # written before notes were sealed
    older.write_text("".join(kept).replace('# domains=["A"]', "# domains={}"))
    with pytest.raises(SplitError, match=r"the line '# domains=' needs list, got \{\}"):
        load_plan(older)
    older.write_text("specimen,fold,role\n")
    with pytest.raises(SplitError, match="the first line must be"):
        load_plan(older)
    written(plan, path)
    with pytest.raises(SplitError, match=rf"is another plan, {plan.checksum[:16]}; {'ab' * 8} is wanted$"):
        load_plan(path, "ab" * 32)
    with pytest.raises(SplitError, match=r"no split plan at .*gone\.csv; committed plans: apl-jhu-kfold5, apl-labs-ho"):
        load_plan(tmp_path / "gone.csv")


def test_unseen_specimens_take_their_own_role_in_every_fold():
    toy = toy_cohort(n=12)
    odd = np.arange(12) % 4 == 1
    cohort = dataclasses.replace(toy, y=np.where(odd, -1, toy.y), unseen=np.where(odd, "far", ""))
    plan = SplitPlan(table_of([(s, f, "train") for f in (0, 5) for s in toy.specimen[:10]]), ("n",))
    found = plan.with_unseen(cohort)
    rows = [(s, f, "train") for f in (0, 5) for s, o in zip(toy.specimen[:10], odd, strict=False) if not o]
    rows += [(s, f, "ood:far") for f in (0, 5) for s in toy.specimen[odd]]
    assert sorted(found.table.itertuples(index=False, name=None)) == sorted(rows) and found.notes == ("n",)
    assert found.table.index.tolist() == list(range(len(rows))) and plan.with_unseen(toy) is plan
    wrong = SplitPlan(table_of([(s, 0, "ood:far") for s in toy.specimen[:8]]))
    told = r"^the plan takes 8 specimens for unseen that toy has a class of \(first: S000, S001, S002, S003, S004\)"
    with pytest.raises(SplitError, match=told):
        wrong.with_unseen(toy)
