"""What a plan leaves out, or cannot learn, it says in words: small data of which something is missing."""

import re

import pandas as pd
import pytest

from benchmark.entries import DataShelf
from benchmark.planning.plan import make_plan
from benchmark.records import Store
from benchmark.suites import Profile
from benchmark.suites.suite import Suite
from datasets.splits import SplitPlan, save_plan
from tests.benchmark.small_run import write_cohort


def planned(tmp_path, entries, **split):
    cohort = write_cohort(tmp_path)
    task = {"name": "t", "title": "T", "dataset": str(cohort), "split": {"scheme": "kfold", "folds": 2, **split}}
    profile = Profile(entries=entries)
    suite = Suite(name="s", title="S", tasks=[task], profiles={"quick": profile})
    return make_plan(suite, "quick", profile, DataShelf(), Store(tmp_path, "s"), device="cpu", keep=False)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("lda-genes", "needs genes, which own does not have"),
        ("border-only", "needs images, which own does not have"),
        ("fusion-gnn[clinical=none]", "needs genes or images, which own does not have"),
        ("fusion-gnn", ""),
    ],
)
def test_an_entry_that_reads_nothing_of_a_dataset_is_told_so_without_a_trial(tmp_path, entry, reason):
    assert {trial.reason for trial in planned(tmp_path, (entry,)).trials} == {reason}


def test_a_class_that_no_training_patient_has_is_named_with_its_folds(tmp_path):
    """Every second patient is APL; in fold 1 those are tested only."""
    role = {0: ("train", "valid", "test"), 1: ("train", "valid", "test")}
    rows = [
        (f"S{i:02d}", fold, "test" if fold and i % 2 else role[fold][i // 2 % 3]) for fold in (0, 1) for i in range(24)
    ]
    save_plan(SplitPlan(pd.DataFrame(rows, columns=["specimen", "fold", "role"])), tmp_path / "plan.csv")
    plan = planned(tmp_path, ("prior",), scheme="plan", plan=str(tmp_path / "plan.csv"))
    assert "Class APL has no training patient in fold 1: nothing learns it there" in plan.tasks["t"].notes
    assert not any("no training patient" in note for note in planned(tmp_path, ("prior",)).tasks["t"].notes)


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ({"train_patients": 1000}, "train_patients=1000, but fold 0 has 12 patients to learn from; ask for fewer"),
        ({"train_patients": 1}, "train_patients=1 leaves fold 0 without"),
        (
            {"folds": 13},
            r"13 folds need 13 patients of each class, and there are fewer of other \(12\), APL \(12\); ask",
        ),
    ],
)
def test_a_split_that_asks_for_more_than_there_is_says_what_to_do(tmp_path, split, said):
    plan = planned(tmp_path, ("prior",), **split)
    assert not plan.trials
    (sentence,) = plan.broken
    assert re.search(said, sentence), sentence
