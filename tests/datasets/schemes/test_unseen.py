"""Specimens of none of the classes: in every fold, in no role that is learned from or scored, never shown as such."""

import json
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from benchmark.commands.data_pages import information_line
from benchmark.commands.report import make_board
from benchmark.entries.shelf import UNSEEN, DataShelf
from benchmark.planning.oracle import oracle_accuracy
from benchmark.planning.plan import make_plan
from benchmark.planning.splitting import make_split
from benchmark.planning.state import inspect
from benchmark.records.entry_code import codes
from benchmark.records.specimen_facts import specimen_facts
from benchmark.records.store import Store
from benchmark.suites.suite import Split, Suite
from benchmark.trials.trial import run_trial
from benchmark.workers.worker import Job, execute
from datasets.audits.rules import RULES, audit
from datasets.cohort import Cohort, CohortError, Truth
from datasets.schemes.explode import one_image_each
from datasets.schemes.splitters import kfold
from datasets.schemes.unseen import set_aside
from datasets.splits import SplitError, SplitPlan, check_patients, load_plan, save_plan
from tests.toy import toy_cohort

KFOLD = Split(scheme="kfold", folds=2)


def part_unseen(n: int = 60, *, every: int = 5, **options) -> Cohort:
    """Return a toy cohort of which each ``every``-th specimen is of none of the classes."""
    cohort = toy_cohort(n=n, **options)
    odd = np.arange(n) % every == 0
    names = np.where(np.arange(n) % (2 * every) == 0, "far", "near")
    return replace(cohort, y=np.where(odd, -1, cohort.y), unseen=np.where(odd, names, ""))


COHORT = part_unseen()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"y": np.where(np.arange(60) == 7, -1, COHORT.y)}, r"unknown class \[-1\] \(first: S007\)"),
        ({"y": np.where(np.arange(60) == 5, 1, COHORT.y)}, r"is a class where unseen has a name \(first: S005\)"),
        ({"unseen": None}, r"unknown class \[-1\]"),
        ({"unseen": COHORT.unseen[:-1]}, "unseen: has 59 rows"),
        ({"unseen": np.where(COHORT.known, "", "class-1")}, r"unseen: names classes \['class-1'\]"),
        ({"unseen": np.where(COHORT.known, "", " far")}, "blanks around"),
        ({"unseen": np.zeros(60)}, "is float64, needs str"),
        ({"patient": np.where(np.arange(60) == 6, "P005", COHORT.patient)}, r"two labels .*P005"),
        ({"patient": np.where(np.arange(60) == 10, "P005", COHORT.patient)}, r"two labels .*P005"),
        ({"classes": ("class-0", "class-1", "class-2", "far-off")}, "no specimen belongs to some classes"),
    ],
)
def test_what_disagrees_with_unseen_is_refused(change, told):
    with pytest.raises(CohortError, match=told):
        replace(COHORT, **change)


def test_views_keep_unseen_entries_do_not_and_the_fingerprint_counts_it():
    view = COHORT[[5, 6, 10]]
    assert view.unseen.tolist() == ["near", "", "far"] and view.known.tolist() == [False, True, False]
    assert view.label.tolist() == ["near", "class-0", "far"]
    assert COHORT.blinded(labels=True).unseen is None
    with pytest.raises(ValueError, match="labels are hidden"):
        _ = COHORT.blinded(labels=False).label
    plain = toy_cohort(n=60)
    assert plain.known.all() and plain.fingerprint != COHORT.fingerprint
    other = replace(COHORT, unseen=np.where(COHORT.known, "", "far"))
    assert other.fingerprint != COHORT.fingerprint
    images = one_image_each(COHORT, per_patient=1)
    assert set(images.unseen) == {"", "near", "far"} and (images.known == (images.y >= 0)).all()


@st.composite
def cohorts(draw) -> Cohort:
    every = draw(st.sampled_from([2, 4, 5, 7]))  # each class keeps some
    cohort = part_unseen(draw(st.integers(60, 90)), every=every, images=False, domains=("A", "B", "C"))
    shared = draw(st.integers(1, 2))  # specimens a patient
    codes_of = {name: k for k, name in enumerate(sorted(set(cohort.label.tolist())))}
    place = np.array([codes_of[name] for name in cohort.label])
    patient = np.array([f"{place[i]}-{i // (10 * shared)}-{i % 10}" for i in range(len(cohort))])
    return replace(cohort, patient=patient, target_level=draw(st.sampled_from(["patient", "specimen"])))


@settings(max_examples=10)
@given(cohorts(), st.sampled_from(["kfold", "kfold-in-A", "leave-one-domain-out", "transfer"]), st.integers(0, 3))
def test_unseen_patients_are_in_every_fold_and_in_no_other_role(cohort, scheme, seed):
    inside = {"train_domains": ("A",)} if scheme == "kfold-in-A" else {}
    spec = Split(scheme=scheme.removesuffix("-in-A"), folds=2, seed=seed, **inside)
    try:
        plan = make_split(spec, cohort)
    except SplitError:  # too few patients of a class: the same without the unseen ones
        with pytest.raises(SplitError):
            make_split(spec, replace(cohort[cohort.known], unseen=None))
        return
    of_classes = SplitPlan(plan.table[~plan.table["role"].str.startswith("ood:")], plan.notes)
    assert of_classes.checksum == make_split(spec, replace(cohort[cohort.known], unseen=None)).checksum
    for fold in plan.folds:
        roles = plan.roles(cohort, fold)
        for name in ("near", "far"):
            np.testing.assert_array_equal(roles.get(f"ood:{name}", []), np.flatnonzero(cohort.unseen == name))
        others = np.concatenate([rows for role, rows in roles.items() if not role.startswith("ood:")])
        assert cohort.known[others].all()
        assert not set(cohort.patient[others]) & set(cohort.patient[~cohort.known])


def test_a_patient_with_both_is_refused_by_split_and_plan():
    patient = np.where(np.arange(60) == 6, "P005", COHORT.patient)
    torn = replace(COHORT, patient=patient, target_level="specimen")
    with pytest.raises(SplitError, match=r"1 patients of toy have specimens of unseen and of known classes.*P005"):
        make_split(KFOLD, torn)
    with pytest.raises(SplitError, match="P005 in fold 0 is ood and "):
        check_patients(torn, make_split(KFOLD, COHORT))


def test_a_kept_plan_fits_cohorts_with_and_without_unseen(tmp_path):
    plain = toy_cohort(n=60)
    save_plan(kfold(plain, folds=2), tmp_path / "plain.csv")
    committed = Split(scheme="plan", plan=str(tmp_path / "plain.csv"))
    assert make_split(committed, plain).checksum == kfold(plain, folds=2).checksum
    aside = set_aside(plain, ["class-2"])
    plan = make_split(committed, aside)
    for fold in plan.folds:
        roles = plan.roles(aside, fold)
        np.testing.assert_array_equal(roles.pop("ood:class-2"), np.flatnonzero(plain.y == 2))
        assert all(aside.known[rows].all() for rows in roles.values())
    save_plan(plan, tmp_path / "aside.csv")
    again = Split(scheme="plan", plan=str(tmp_path / "aside.csv"))
    assert make_split(again, aside).checksum == plan.checksum
    with pytest.raises(SplitError, match="takes 20 specimens for unseen that toy has a class of"):
        make_split(again, plain)
    with pytest.raises(SplitError, match="ood:<name>"):
        SplitPlan(load_plan(tmp_path / "aside.csv").table.assign(role="ood:"))


def test_a_kept_plan_drops_unseen_specimens_that_are_not_here(tmp_path):
    save_plan(make_split(KFOLD, COHORT), tmp_path / "all.csv")
    kept = Split(scheme="plan", plan=str(tmp_path / "all.csv"))
    known = replace(COHORT[COHORT.known], unseen=None)
    assert make_split(kept, known).checksum == make_split(KFOLD, known).checksum
    near = COHORT[COHORT.unseen != "far"]
    assert make_split(kept, near).checksum == make_split(KFOLD, near).checksum
    with pytest.raises(SplitError, match="lacks 1 specimens"):
        make_split(kept, known[np.arange(1, 48)])


def test_classes_set_aside_leave_the_others_as_they_are():
    plain = toy_cohort(n=60)
    posterior = np.random.default_rng(0).dirichlet([1, 1, 1], size=60)
    rounded = posterior * (plain.y != 1)[:, None] + np.eye(3)[1] * (plain.y == 1)[:, None]
    known = {"all": posterior, "images": posterior, "genes": rounded}
    truth = Truth(posterior=known, posterior_error={"images": posterior / 9}, y=plain.y)
    aside = set_aside(replace(plain, truth=truth), ["class-1"])
    assert aside.classes == ("class-0", "class-2")
    np.testing.assert_array_equal(aside.label[aside.known], plain.label[aside.known])
    assert set(aside.unseen[~aside.known]) == {"class-1"} and (aside.known == (plain.y != 1)).all()
    assert set(aside.truth.posterior) == {"all"}  # the others were estimated, or round to nothing
    want = posterior[:, [0, 2]] / (1 - posterior[:, [1]])
    np.testing.assert_allclose(aside.truth.posterior["all"], want)
    np.testing.assert_array_equal(aside.truth.y, aside.y)
    further = set_aside(part_unseen(n_classes=4), ["class-3"])
    assert set(further.unseen) == {"", "near", "far", "class-3"} and further.n_classes == 3


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["class-9"], r"cannot be \['class-9'\].*Choose of class-0, class-1, class-2"),
        ([], r"cannot be \[\]"),
        (["class-0", "class-0"], "names a class twice"),
        (["class-0", "class-1"], "leaves fewer than two of 3 classes"),
    ],
)
def test_what_cannot_be_set_aside_is_named(names, told):
    with pytest.raises(CohortError, match=told):
        set_aside(toy_cohort(n=30), names)


def test_a_class_whose_patients_have_others_is_not_set_aside():
    cohort = toy_cohort(n=30)
    cells = replace(cohort, patient=np.char.add("P", (np.arange(30) // 2).astype(str)), target_level="specimen")
    with pytest.raises(CohortError, match="has specimens of class-1 and of classes that are learned"):
        set_aside(cells, ["class-1"])


class Spy:
    """Keeps what it is shown, in order."""

    needs = frozenset()
    seen: ClassVar[list] = []

    def __init__(self, *, seed):
        Spy.seen = []

    def fit(self, train, valid):
        Spy.seen += [train, valid]
        return self

    def predict_proba(self, cohort):
        Spy.seen.append(cohort)
        return np.full((len(cohort), cohort.n_classes), 1 / cohort.n_classes)

    def trace(self, cohort):
        return pd.DataFrame({"specimen": cohort.specimen})


def test_unseen_specimens_are_predicted_last_without_label_and_only_predicted():
    roles = make_split(KFOLD, COHORT).roles(COHORT, 0)
    outcome = run_trial(Spy, COHORT, roles, params={}, seed=0, modality_grid=True)
    table = pd.DataFrame(outcome.predictions)
    odd = table[table["role"].str.startswith("ood:")]
    assert dict(odd["role"].value_counts()) == {"ood:far": 6, "ood:near": 6}
    assert (odd["y"] == -1).all() and (table.drop(odd.index)["y"] >= 0).all()
    assert sorted(odd["specimen"]) == sorted(COHORT.specimen[~COHORT.known])
    assert not outcome.trace["role"].str.startswith("ood:").any()
    assert not np.char.startswith(outcome.modality_predictions["role"], "ood:").any()
    train, valid, *predicted = Spy.seen
    assert (train.y >= 0).all() and (valid.y >= 0).all()
    assert all(view.unseen is None for view in Spy.seen)
    assert all((view.y == -1).all() for view in predicted)
    assert [len(view) for view in predicted[2:4]] == [6, 6]  # after valid and test


def test_audits_by_class_skip_unseen_and_copies_across_are_found():
    plain = toy_cohort(n=60)
    told = [f for f in audit(COHORT, make_split(KFOLD, COHORT)) if RULES[f.rule].by_class]
    of_classes = replace(COHORT[COHORT.known], unseen=None)
    assert told == [f for f in audit(of_classes, make_split(KFOLD, of_classes)) if RULES[f.rule].by_class]
    pixels = plain.images.pixels.copy()
    odd, other = (
        next(i for i in np.flatnonzero(part) if plain.images.sizes[i]) for part in (~COHORT.known, COHORT.known)
    )
    pixels[plain.images.bag_rows(odd)[0]] = pixels[plain.images.bag_rows(other)[0]]
    copied = replace(COHORT, images=replace(plain.images, pixels=pixels))
    found = [f for f in audit(copied, make_split(KFOLD, copied)) if f.rule == "duplicate-images" and f.blocks]
    assert len(found) == 1 and set(found[0].specimens) == {COHORT.specimen[odd], COHORT.specimen[other]}
    assert found[0].remedy.startswith("Leave the copies out")


def test_the_oracle_is_scored_on_known_specimens_and_its_posterior_kept_of_all():
    posterior = np.random.default_rng(1).dirichlet([1, 1, 1], size=60)
    cohort = replace(COHORT, truth=Truth(posterior={"all": posterior}))
    called = posterior.argmax(axis=1)
    want = balanced_accuracy_score(cohort.y[cohort.known], called[cohort.known])
    assert oracle_accuracy(cohort, "all", np.ones(60, bool)) == pytest.approx(want)
    np.testing.assert_array_equal(specimen_facts(cohort)[["q0", "q1", "q2"]].to_numpy(), posterior)


def test_what_label_noise_moved_across_counts_for_no_oracle():
    names = ("images", "genes", "clinical", "images+genes", "images+clinical", "genes+clinical", "all")
    rng = np.random.default_rng(2)
    true = COHORT.y.copy()
    true[:10:5], true[1:4] = 0, -1  # unseen by label, of a class in truth; and the other way round
    truth = Truth(posterior={name: rng.dirichlet([1, 1, 1], size=60) for name in names}, y=true)
    cohort = replace(COHORT, truth=truth)
    counted = COHORT.known & (true >= 0)
    want = balanced_accuracy_score(true[counted], truth.posterior["all"].argmax(axis=1)[counted])
    assert oracle_accuracy(cohort, "all", np.ones(60, bool)) == pytest.approx(want)
    there = np.flatnonzero(counted & cohort.has("images"))
    both = (truth.posterior[name][there, true[there]] for name in ("all", "genes+clinical"))
    assert f"images {np.subtract(*map(np.log, both)).mean():.2f}" in information_line(cohort, truth)


SUITE = {
    "name": "aside",
    "title": "One class set aside",
    "tasks": [
        {
            "name": "sim", "title": "Tiny", "dataset": "hematopoiesis-sim", "unseen": ["MPN"],
            "options": {"n_genes": 1000, "donors": 6, "cells": 1, "ood": True},
            "split": {"scheme": "zero-shot", "folds": 2, "train_domains": ["MPP"]},
        }
    ],
    "profiles": {"quick": {"entries": ["prior"]}},
}  # fmt: skip


def test_a_suite_sets_classes_aside_and_the_board_keeps_them_apart(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "cache"))
    suite, shelf, store = Suite.model_validate(SUITE), DataShelf(), Store(tmp_path / "runs", "aside")
    task = suite.tasks[0]
    assert task.settings[UNSEEN] == ("MPN",)
    plan = make_plan(suite, "quick", suite.profiles["quick"], shelf, store, device="cpu")
    assert not plan.broken and not plan.absent
    planned = plan.tasks["sim"]
    assert planned.classes == ("healthy", "AML", "MDS")
    assert any("specimens of MPN 18, aplastic 18" in note for note in planned.notes)
    code = codes([trial.target for trial in plan.trials])
    for trial in plan.trials:
        job = Job(
            trial.identity, trial.key(code[trial.target]), "0" * 64, trial.target, planned.dataset,
            planned.options, None, planned.fingerprint, planned.split, {}, None, "cpu", str(tmp_path / "runs"), "aside",
            {"code": code[trial.target]},
        )  # fmt: skip
        assert execute(Job.of(json.loads(json.dumps(job.plain()))), DataShelf()).status == "done"
    monkeypatch.setattr(
        "benchmark.commands.report.boards.build", lambda tasks, **_: tasks
    )  # the board itself is tested elsewhere
    (result,) = make_board(plan, inspect(plan, store), store, "none")
    assert set(result.ood["role"]) == {"ood:MPN", "ood:aplastic"} and set(result.ood["y"]) == {-1}
    assert list(result.ood.columns) == list(result.predictions.columns)
    assert (result.predictions["y"] >= 0).all() and (result.valid["y"] >= 0).all()
    assert set(result.ood["specimen"]) <= set(result.specimens["specimen"])
    assert np.allclose(result.specimens[["q0", "q1", "q2"]].sum(axis=1), 1)


def test_a_suite_cannot_set_an_unknown_class_aside(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "cache"))
    with pytest.raises(CohortError, match="Choose of healthy, AML, MDS, MPN"):
        DataShelf().cohort("hematopoiesis-sim", {"n_genes": 1000, "donors": 1, "cells": 1, UNSEEN: ["CML"]})
