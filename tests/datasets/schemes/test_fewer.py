"""Plans that learn from fewer patients: nested, in proportion, tested on the same specimens."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from benchmark.planning.splitting import make_split
from benchmark.suites.suite import Split, Suite, load_suite
from datasets.schemes import kfold, with_train_patients
from datasets.splits import COLUMNS, SplitError
from tests.toy import toy_cohort

COHORT = toy_cohort(n=360, domains=("A", "B", "C"), images=False)
WHOLE = kfold(COHORT, folds=3, train_domains=["A", "B"])


def _learned(plan, fold):
    roles = plan.roles(COHORT, fold)
    return {role: set(COHORT.patient[roles[role]].tolist()) for role in ("train", "valid")}


def test_only_what_is_learnt_from_shrinks_and_sizes_are_nested():
    plans = [with_train_patients(WHOLE, COHORT, n) for n in (20, 60, 120)]
    for plan, n in zip(plans, (20, 60, 120), strict=True):
        for fold in WHOLE.folds:
            mine, whole = _learned(plan, fold), _learned(WHOLE, fold)
            assert len(mine["train"] | mine["valid"]) == n
            assert all(mine[role] <= whole[role] for role in mine)
        rest, wanted = (p.table[~p.table["role"].isin(["train", "valid"])] for p in (plan, WHOLE))
        assert set(map(tuple, rest.to_numpy())) == set(map(tuple, wanted.to_numpy()))
    for few, more in pairwise(plans):
        for fold in WHOLE.folds:
            assert all(_learned(few, fold)[role] <= _learned(more, fold)[role] for role in ("train", "valid"))


def test_classes_domains_and_roles_keep_their_shares():
    plan = with_train_patients(WHOLE, COHORT, 60)
    for fold in WHOLE.folds:
        few, all_of_them = plan.roles(COHORT, fold), WHOLE.roles(COHORT, fold)
        whole = len(all_of_them["train"]) + len(all_of_them["valid"])
        for role in ("train", "valid"):
            for facts in (COHORT.y, COHORT.domain):
                for value in np.unique(facts):
                    wanted = 60 / whole * (facts[all_of_them[role]] == value).sum()
                    assert abs((facts[few[role]] == value).sum() - wanted) < 3


@pytest.mark.parametrize(("patients", "said"), [(5000, "train_patients=5000, but fold 0 has"), (2, "leaves fold 0")])
def test_too_many_and_too_few_are_named(patients, said):
    with pytest.raises(SplitError, match=said):
        with_train_patients(WHOLE, COHORT, patients)


def test_a_suite_asks_for_it_and_other_plans_say_nothing_of_it():
    spec = Split(scheme="kfold", folds=3, train_domains=("A", "B"), train_patients=60)
    plan = make_split(spec, COHORT)
    assert plan.checksum == with_train_patients(WHOLE, COHORT, 60).checksum
    assert plan.made["train_patients"] == 60
    assert "train_patients" not in make_split(spec.model_copy(update={"train_patients": 0}), COHORT).made
    with pytest.raises(ValueError, match="needs scheme = 'kfold'"):
        Split(scheme="leave-one-domain-out", train_patients=60)


def _split_apart(suite: Suite):
    return [
        (task.dataset, dict(task.options), task.split.model_dump(exclude={"train_patients"})) for task in suite.tasks
    ]


def test_the_learning_curve_differs_in_the_number_of_patients_alone():
    suite = load_suite("apl-curve")
    assert [task.split.train_patients for task in suite.tasks] == [107, 300, 1000]
    assert all(part == _split_apart(suite)[0] for part in _split_apart(suite))


def test_no_task_of_the_apl_suite_looks_at_a_seed_of_another_purpose():
    """The published task's patients are of a seed of their own; both gene tracks are of the same patients."""
    tasks = {task.name: task for task in load_suite("apl").tasks}
    published, bare = tasks["apl-sim-1000"], tasks["apl-sim-no-sets"]
    assert dict(bare.options) == {**published.options, "gene_sets": False}
    others = {task.options.get("seed") for task in tasks.values()} - {published.options["seed"]}
    assert published.options["seed"] not in others and published.profiles == ("full",)
    assert dict(tasks["apl-sim-blind"].options) == {**tasks["apl-sim"].options, "unknown_scale": True}


def test_patients_of_several_specimens_count_once_and_what_is_lost_is_named():
    toy = toy_cohort(n=96, images=False)
    owner = np.array([f"P{i // 6 * 3 + i % 3}" for i in range(96)])  # two specimens of one class each
    cohort = replace(toy, patient=owner)
    whole = kfold(cohort, folds=2)
    plan = with_train_patients(whole, cohort, 12)
    for fold in plan.folds:
        roles, before = plan.roles(cohort, fold), whole.roles(cohort, fold)
        kept = set(owner[np.concatenate([roles["train"], roles["valid"]])])
        assert len(kept) == 12
        for role in ("train", "valid"):
            assert [i for i in before[role] if owner[i] in kept] == roles[role].tolist()
        np.testing.assert_array_equal(roles["test"], before["test"])
    assert plan.table.index.tolist() == list(range(len(plan.table))) and list(plan.table) == COLUMNS
    learnt = len(set(owner[np.concatenate([before["train"], before["valid"]])]))
    assert with_train_patients(whole, cohort, learnt).checksum == whole.checksum
    with pytest.raises(SplitError) as caught:
        with_train_patients(whole, cohort, learnt + 1)
    assert str(caught.value) == (
        f"toy: train_patients={learnt + 1}, but fold 0 has {learnt} patients to learn from; ask for fewer, or for a "
        "larger cohort"
    )
    with pytest.raises(SplitError) as caught:
        with_train_patients(whole, cohort, 1)
    words = [f"class-{k} ({role})" for k in range(3) for role in ("train", "valid")]
    left = str(caught.value).removeprefix("toy: train_patients=1 leaves fold 0 without ").removesuffix("; ask for more")
    assert left.split(", ") == [word for word in words if word in left] and len(left.split(", ")) == 5


def test_another_seed_chooses_other_patients():
    plans = [with_train_patients(WHOLE, COHORT, 40, **seed).checksum for seed in ({}, {"seed": 0}, {"seed": 1})]
    assert plans[0] == plans[1] != plans[2]
