"""Every scheme against loops over patients; the draws are those that committed plans were made by."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.schemes import splitters
from datasets.schemes.dealing import deal, patient_table
from datasets.splits import SplitError
from tests.datasets.test_splits import bare_cohort
from tests.toy import toy_cohort


def messy(seed=0, n=240, lone=True):
    """Return patients with specimens of several classes, domains and eras; class 3 is in domain d2 alone."""
    rng = np.random.default_rng(seed)
    patient = rng.integers(0, 110, n)
    y = np.where(rng.random(n) < 0.9, patient % 3, rng.integers(0, 3, n))
    domain = np.where(rng.random(n) < 0.8, patient % 4, rng.integers(0, 4, n))
    if lone:
        y[:8], patient[:8], domain[:8] = 3, np.repeat([200, 201, 202, 203], 2), 2
    era = np.where(rng.random(n) < 0.1, "", np.array(["2019", "2020", "2021"])[patient // 3 % 3])
    return replace(bare_cohort(y, patient, domain), era=era)


def people_of(cohort, rows):
    """Return patient -> most frequent class, the smaller of two, and the first domain."""
    found = {}
    for name in sorted({cohort.patient[i] for i in rows}):
        own = [i for i in rows if cohort.patient[i] == name]
        classes = cohort.y[own].tolist()
        found[str(name)] = (min(set(classes), key=lambda k: (-classes.count(k), k)), min(cohort.domain[own].tolist()))
    return found


def dealt(people, parts, seed):
    """Return patient -> part: in turn by class, then domain, then by lot."""
    names = list(people)
    lot = np.random.default_rng([seed, parts]).permutation(len(names))
    order = sorted(range(len(names)), key=lambda i: (people[names[i]], lot[i]))
    return {names[i]: turn % parts for turn, i in enumerate(order)}


def learnt(people, seed, fold):
    return {name: "train" if part else "valid" for name, part in dealt(people, 4, seed + 1000 * (fold + 1)).items()}


def others(people, part, number):
    return {name: facts for name, facts in people.items() if part[name] != number}


def given(cohort, rows, fold, role):
    return [(cohort.specimen[i], fold, role[cohort.patient[i]]) for i in rows]


def sent(cohort, rows, folds, names=None):
    names = cohort.domain if names is None else names
    return [(cohort.specimen[i], fold, f"test:{names[i]}") for fold in folds for i in rows]


def agrees(plan, rows, notes=()):
    found = list(plan.table.itertuples(index=False, name=None))
    assert len(found) == len(rows) and set(found) == set(rows)
    assert plan.notes == tuple(notes)


def test_patients_are_dealt_in_turn_by_class_and_domain():
    cohort = messy()
    rows = range(30, 200)
    people = people_of(cohort, rows)
    table = patient_table(cohort, np.isin(np.arange(240), rows))
    assert list(zip(table["y"], table["domain"], strict=True)) == list(people.values())
    assert table.index.tolist() == list(people)
    for parts, seed in ((3, 0), (5, 7)):
        assert dict(zip(table.index, deal(table, parts, seed).tolist(), strict=True)) == dealt(people, parts, seed)


@pytest.mark.parametrize("domains", [None, ["d0", "d3"]])
@pytest.mark.parametrize("seed", [0, 5])
def test_kfold(domains, seed):
    cohort = messy(lone=False)
    inside = [d in domains if domains else True for d in cohort.domain]
    kept = {p for p, there in zip(cohort.patient, inside, strict=True) if there}
    rows = [i for i in range(240) if cohort.patient[i] in kept]
    people, folds = people_of(cohort, rows), 3
    part = dealt(people, folds, seed)
    expected = sent(cohort, [i for i in range(240) if cohort.patient[i] not in kept], range(folds))
    for fold in range(folds):
        role = {name: "test" for name in people if part[name] == fold} | learnt(others(people, part, fold), seed, fold)
        expected += given(cohort, rows, fold, role)
    agrees(splitters.kfold(cohort, folds=folds, seed=seed, train_domains=domains), expected)
    if domains is None:
        grouped = replace(cohort, patients_known=False)
        plan = splitters.images(grouped, folds=folds, seed=seed)
        agrees(plan, expected, plan.notes)
        assert len(plan.notes) == 1 and plan.notes[0].startswith("Split by specimen: the source publishes no patient")


@pytest.mark.parametrize("known", [True, False])
def test_official(known):
    cohort = replace(messy(lone=False), patients_known=known)
    kept = {p for p, d in zip(cohort.patient, cohort.domain, strict=True) if d == "d1"}
    rows = [i for i in range(240) if cohort.patient[i] in kept]
    people = people_of(cohort, rows)
    part = dealt(people, 5, 2)
    expected = sent(cohort, [i for i in range(240) if cohort.patient[i] not in kept], range(5))
    for fold in range(5):
        expected += given(cohort, rows, fold, {n: "valid" if part[n] == fold else "train" for n in people})
    plan = splitters.official(cohort, train_domains=["d1"], seed=2)
    agrees(plan, expected, plan.notes)
    assert len(plan.notes) == (not known)
    assert all(note.startswith("The source publishes no patient ids: specimens of one pat") for note in plan.notes)


def held_out(cohort, held, label, seed):
    """Return rows and notes of folds, each (name, tested, candidates)."""
    expected, notes = [], []
    for fold, (name, test, candidates) in enumerate(held):
        away = {cohort.patient[i] for i in test}
        rows = [i for i in candidates if cohort.patient[i] not in away]
        classes = {cohort.y[i] for i in rows}
        for k in sorted({cohort.y[i] for i in test} - classes):
            lost = [i for i in test if cohort.y[i] == k]
            who = (
                f"{len({cohort.patient[i] for i in lost})} patients"
                if cohort.patients_known
                else f"{len(lost)} specimens"
            )
            notes.append(f"{cohort.classes[k]} is not evaluable in {name}: all its {who} are there")
        expected += sent(cohort, [i for i in test if cohort.y[i] in classes], [fold], label)
        expected += given(cohort, rows, fold, learnt(people_of(cohort, rows), seed, fold))
    return expected, notes


@pytest.mark.parametrize("known", [True, False])
def test_leave_one_domain_out(known):
    cohort = replace(messy(), patients_known=known)
    held = [(d, [i for i in range(240) if cohort.domain[i] == d], [i for i in range(240) if cohort.domain[i] != d])
            for d in ("d0", "d1", "d2", "d3")]  # fmt: skip
    expected, notes = held_out(cohort, held, cohort.domain, 3)
    plan = splitters.leave_one_domain_out(cohort, seed=3)
    assert len(notes) == 1 and ("4 patients" if known else "8 specimens") in notes[0]
    agrees(plan, expected, [*notes, *plan.notes[1:]])
    assert len(plan.notes) == 1 + (not known)


def test_temporal():
    cohort = messy()
    cohort = replace(cohort, era=np.where(cohort.y == 3, "2021", cohort.era))
    held = [(era, [i for i in range(240) if cohort.era[i] == era], [i for i in range(240) if "" < cohort.era[i] < era])
            for era in ("2020", "2021")]  # fmt: skip
    expected, notes = held_out(cohort, held, cohort.era, 1)
    undated = int((cohort.era == "").sum())
    first = ["Tested on 2020: learnt from 2019", "Tested on 2021: learnt from 2019, 2020",
             f"{undated} specimens without an era play no role"]  # fmt: skip
    assert len(notes) == 1
    agrees(splitters.temporal(cohort, seed=1), expected, [*first, *notes])
    dated = replace(cohort, era=np.where(cohort.era == "", "2019", cohort.era))
    assert not any("without an era" in note for note in splitters.temporal(dated, seed=1).notes)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("with_valid", [True, False])
def test_published(known, with_valid):
    cohort = replace(messy(lone=False), patients_known=known)
    who = np.array([int(name[1:]) for name in cohort.patient])
    roles = np.where(who % 5 == 0, "test", np.where(who % 5 == 1, "", "train"))
    roles = np.where((who % 5 == 2) & with_valid, "valid", roles)
    cohort = replace(cohort, official=roles)
    if with_valid:
        expected = [(cohort.specimen[i], 0, roles[i]) for i in range(240) if roles[i]]
    else:
        rows = [i for i in range(240) if roles[i] == "train"]
        part = dealt(people_of(cohort, rows), 4, 6)
        expected = [(cohort.specimen[i], fold, "test") for fold in range(4) for i in range(240) if roles[i] == "test"]
        for fold in range(4):
            expected += given(cohort, rows, fold, {n: "train" if k != fold else "valid" for n, k in part.items()})
    plan = splitters.published(cohort, repeats=4, seed=6)
    agrees(plan, expected, plan.notes)
    assert len(plan.notes) == (not known)
    assert len(splitters.published(cohort).folds) == (1 if with_valid else 5)
    for official in (None, np.where(roles == "test", "", roles), np.where(roles == "train", "", roles)):
        told = r"^bare has no published train and test roles; use scheme = 'kfold'$"
        with pytest.raises(SplitError, match=told):
            splitters.published(replace(cohort, official=official))


def test_zero_shot():
    cohort = messy(lone=False)
    source = [i for i in range(240) if cohort.domain[i] in ("d0", "d2")]
    people = people_of(cohort, source)
    part, expected = dealt(people, 3, 4), []
    for fold in range(3):
        role = {n: "test" for n in people if part[n] == fold} | learnt(others(people, part, fold), 4, fold)
        expected += given(cohort, source, fold, role)
        away = [i for i in range(240) if i not in source and part.get(cohort.patient[i], fold) == fold]
        expected += sent(cohort, away, [fold])
    agrees(splitters.zero_shot(cohort, folds=3, train_domains=["d0", "d2"], seed=4), expected)


def test_transfer():
    cohort = messy()
    one_class = np.isin(cohort.domain, ["d1"]) & (cohort.y != 1)
    cohort = replace(cohort, domain=np.where(one_class, "d0", cohort.domain))
    expected, notes = [], []
    for fold, domain in enumerate(("d0", "d1", "d2", "d3")):
        rows = [i for i in range(240) if cohort.domain[i] == domain]
        people = people_of(cohort, rows)
        part = dealt(people, 5, 8)
        role = {n: "test" for n in people if not part[n]} | learnt(others(people, part, 0), 8, fold)
        classes = {cohort.y[i] for i in rows if role[cohort.patient[i]] == "train"}
        if len(classes) < 2:
            notes.append(f"Nothing is learnt from {domain} alone: it has too few patients of two classes")
            continue
        lost = [cohort.classes[k] for k in sorted(set(cohort.y.tolist()) - classes)]
        if lost:
            notes.append(f"Learnt from {domain} alone, {', '.join(lost)} cannot be told: left out of that row")
        expected += given(cohort, [i for i in rows if cohort.y[i] in classes], fold, role)
        learned = {n for n, r in role.items() if r != "test"}
        away = [i for i in range(240) if cohort.domain[i] != domain and cohort.patient[i] not in learned]
        expected += sent(cohort, [i for i in away if cohort.y[i] in classes], [fold])
    plan = splitters.transfer(cohort, seed=8)
    agrees(plan, expected, [plan.notes[0], *notes])
    assert plan.notes[0].startswith("Each fold learns from one domain alone") and len(notes) > 1
    assert plan.folds == (0, 2, 3)


ONE = toy_cohort(n=30, domains=("A",))
NAMELESS = replace(toy_cohort(n=30), patients_known=False)


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (lambda: splitters.leave_one_domain_out(ONE),
         "toy has one domain (A); leave-one-domain-out needs two or more"),
        (lambda: splitters.images(ONE, folds=2), "toy has patient ids; split it by patient: scheme = 'kfold'"),
        (lambda: splitters.kfold(ONE, folds=2, train_domains=["Z", "B", "A"]),
         "toy has no domain ['B', 'Z']; it has ['A']"),
        (lambda: splitters.zero_shot(ONE, folds=2, train_domains=["Q"]), "toy has no domain ['Q']; it has ['A']"),
        (lambda: splitters.transfer(ONE),
         "toy: a transfer matrix needs two domains, one with two classes; it has ['A']"),
        (lambda: splitters.transfer(replace(toy_cohort(n=30), domain=np.array(["A", "B", "C"])[ONE.y])),
         "toy: a transfer matrix needs two domains, one with two classes; it has ['A', 'B', 'C']"),
        (lambda: splitters.temporal(ONE), "toy has no two eras to split by; use another scheme"),
        (lambda: splitters.temporal(replace(ONE, era=np.array(["", "2019"] * 15))),
         "toy has no two eras to split by; use another scheme"),
        (lambda: splitters.temporal(replace(ONE, era=np.array(["9", "10"] * 15))),
         "toy: eras '10', '9' are of unequal length; write years (2019), months (2019-03) or days (2019-03-28), all "
         "alike, or running numbers of equal length"),
        *(
            (make, f"toy has no patient ids, so scheme = '{scheme}' cannot keep patients apart; use scheme = 'images', "
             "which every table flags, or one that splits by source")
            for scheme, make in {
                "kfold": lambda: splitters.kfold(NAMELESS, folds=2),
                "zero-shot": lambda: splitters.zero_shot(NAMELESS, folds=2, train_domains=["A"]),
                "transfer": lambda: splitters.transfer(NAMELESS),
            }.items()
        ),
        *(
            (make, "toy: 11 folds need 11 patients of each class, and there are fewer of class-0 (10), class-1 (10), "
             "class-2 (10); ask for fewer folds, two at least, or leave the class out")
            for make in (
                lambda: splitters.kfold(ONE, folds=11),
                lambda: splitters.official(ONE, train_domains=["A"], repeats=11),
                lambda: splitters.zero_shot(ONE, folds=11, train_domains=["A"]),
            )
        ),
        (lambda: splitters.images(NAMELESS, folds=11),
         "toy: 11 folds need 11 specimens of each class, and there are fewer of class-0 (10), class-1 (10), class-2 "
         "(10); ask for fewer folds, two at least, or leave the class out"),
    ],
)  # fmt: skip
def test_what_cannot_be_split_is_told_in_one_sentence(plan, told):
    with pytest.raises(SplitError) as caught:
        plan()
    assert str(caught.value) == told


def test_as_many_folds_as_patients_of_a_class_can_be_made():
    assert splitters.kfold(ONE, folds=10).folds == tuple(range(10))
    dates = splitters.temporal(replace(ONE, era=np.repeat(["2001", "2002"], 15)))
    assert dates.test_roles == ("test:2002",)
    two = toy_cohort(n=30)
    assert splitters.leave_one_domain_out(two).folds == (0, 1) and splitters.transfer(two).folds == (0, 1)
