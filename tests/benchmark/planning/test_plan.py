"""From a suite to a plan: which tasks are planned, which are named with the reason, and what a table says on top."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from benchmark.entries import UnknownName, UsageError, dataset_module
from benchmark.planning import plan as module
from benchmark.planning.auditing import AuditBlocks, Verdict
from benchmark.planning.plan import make_plan
from benchmark.planning.plan_file import check_source, plan_path, save, saved
from benchmark.records import Store, kept_facts, kept_split
from benchmark.suites import Profile, Source, Suite, SuiteError
from benchmark.trials import EntryFacts
from datasets.audits import Finding
from datasets.card import Reference
from datasets.cohort import CohortError
from datasets.roots import DataMissing
from datasets.splits import SplitError
from tests.toy import toy_cohort

COHORT = toy_cohort(n=36, images=False, missing=0, domains=("A",))
KFOLD = {"scheme": "kfold", "folds": 2}


class Shelf:
    """Data that are there, or not, by the name of the dataset."""

    def __init__(self, **cohorts):
        self.cohorts = cohorts

    def cohort(self, dataset, settings):
        found = self.cohorts.get(dataset.replace("-", "_"), COHORT)
        if isinstance(found, Exception):
            raise found
        return found


def suite_of(*tasks):
    told = [
        {"name": f"t{i}", "title": "T", "dataset": "apl-sim", "split": KFOLD, **task} for i, task in enumerate(tasks)
    ]
    return Suite(name="s", title="S", tasks=told, profiles={"quick": Profile(entries=("prior",))})


def planned(tmp_path, *tasks, shelf=None, entries=(), **more):
    suite = suite_of(*tasks)
    store, profile = Store(tmp_path, "s"), suite.profiles["quick"]
    return make_plan(suite, "quick", profile, shelf or Shelf(), store, device="cpu", entries=entries, **more)


@pytest.fixture
def verdicts(monkeypatch):
    """Let audits say what a test wants of each dataset; none by default."""
    told = {}

    def judge(cohort, split, allow):
        told.setdefault("asked", []).append(tuple(allow))
        if isinstance(told.get(cohort.name), Exception):
            raise told[cohort.name]
        return told.get(cohort.name, Verdict())

    monkeypatch.setattr(module, "judge", judge)
    return told


def test_each_task_that_cannot_be_planned_is_named_and_the_next_goes_on(tmp_path, verdicts):
    verdicts["blocked"] = AuditBlocks([Finding("r", True, "w", "p", "m")])
    shelf = Shelf(
        golub=CohortError("y", "is wrong"), raabin=SplitError("no slides"), bccd=replace(COHORT, name="blocked"),
        apl_labs=DataMissing("apl-labs", [tmp_path]),
    )  # fmt: skip
    tasks = [
        {"dataset": "golub"}, {"dataset": "raabin"}, {"dataset": "bccd"}, {"dataset": "apl-sim"},
        {"dataset": "raabin", "ladder": "l"}, {"dataset": "bccd", "ladder": "m"}, {"dataset": "golub", "ladder": "n"},
        {"dataset": "apl-labs"},
    ]  # fmt: skip
    plan = planned(tmp_path, *tasks, shelf=shelf, keep=False)
    assert [sentence.partition(":")[0] for sentence in plan.broken] == ["t0", "t1", "t2", "t5", "t6"]
    assert plan.absent[0] == "t4: no slides" and plan.absent[1].startswith("t7: apl-labs is not on this machine")
    assert len(plan.absent) == 2
    assert list(plan.tasks) == ["t3"] and {t.identity.task for t in plan.trials} == {"t3"}
    assert not list(tmp_path.rglob("*.csv"))


def test_what_workers_and_reports_need_is_kept_when_asked(tmp_path, verdicts):
    plan = planned(tmp_path, {})
    store, task = Store(tmp_path, "s"), plan.tasks["t0"]
    assert kept_split(store, task.split).checksum == task.split
    assert kept_facts(store, task.fingerprint)["specimen"].tolist() == COHORT.specimen.tolist()
    assert (plan.suite, plan.title, plan.profile, task.folds) == ("s", "S", "quick", (0, 1))
    assert task.fingerprint == COHORT.fingerprint and task.classes == COHORT.classes


def test_seeds_are_planned_once_each_in_their_order_and_facts_are_asked_once(tmp_path, verdicts):
    asked = []

    def facts(spec):
        asked.append(spec.name)
        return EntryFacts()

    plan = planned(tmp_path, {}, {}, entries=("prior", "prior"), seeds=(3, 1, 3), keep=False, facts=facts)
    assert [(t.identity.task, t.identity.seed, t.identity.fold) for t in plan.trials] == [
        (task, seed, fold) for task in ("t0", "t1") for seed in (3, 1) for fold in (0, 1)
    ]
    assert asked == ["prior"]


def test_two_files_of_one_name_are_refused(tmp_path, verdicts):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "m.py").write_text("class Mine:\n    pass\n")
    with pytest.raises(UsageError, match=r"two entries are called Mine: .*a/m.py:Mine and .*b/m.py:Mine; rename"):
        planned(tmp_path, {}, entries=(f"{tmp_path}/a/m.py:Mine", f"{tmp_path}/b/m.py:Mine"))


def test_only_the_datasets_that_are_named_are_planned(tmp_path, verdicts, monkeypatch):
    own = tmp_path / "c" / "cohort.toml"
    tasks = [{"dataset": "golub"}, {"dataset": "apl-sim"}, {"dataset": str(own)}]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "_published", lambda task, cohort: ())
    for asked, names in (
        (["golub"], ["t0"]),
        (["apl-sim", "c/../c/cohort.toml"], ["t1", "t2"]),
        ([], ["t0", "t1", "t2"]),
    ):
        assert list(planned(tmp_path, *tasks, datasets=asked, keep=False).tasks) == names
    with pytest.raises(UnknownName, match="dataset of suite s, profile quick: 'golubs'; did you mean golub"):
        planned(tmp_path, *tasks, datasets=["golub", "golubs"], keep=False)


@pytest.mark.parametrize("costs", [[[0, 1]], [[0, 1, 2]] * 2, [[0, 1, 2], [1, 0, 2], [1, 2]], [[0, 1, 2, 3]] * 3])
def test_costs_have_a_row_and_a_column_a_class(tmp_path, verdicts, costs):
    with pytest.raises(SuiteError, match=r"task t0: costs has \d rows of .* it needs 3 rows of 3, in the order of"):
        planned(tmp_path, {"costs": costs})
    plan = planned(tmp_path, {"costs": [[0, 1, 2]] * 3, "abstain_cost": 0.5}, keep=False)
    assert (plan.tasks["t0"].costs, plan.tasks["t0"].abstain_cost) == (((0, 1, 2),) * 3, 0.5)


def test_flags_and_notes_say_what_a_reader_must_know_in_one_order(tmp_path, verdicts):
    odd = np.arange(36) % 9 == 8
    source = replace(
        COHORT.provenance, modified=True, skipped=("a.png", "b.png"), absent=("An absent part.",), notes=("Read so.",)
    )
    cohort = replace(
        COHORT, provenance=source, patients_known=False, target_level="patient", y=np.where(odd, -1, COHORT.y),
        unseen=np.where(odd, np.where(np.arange(36) > 20, "far", "near"), ""),
    )  # fmt: skip
    verdicts["toy"] = Verdict(("rule-a", "rule-b"), ("Audit, x: y.",))
    images = {"split": {"scheme": "images", "folds": 2}, "notes": ["Of the task."]}
    task = planned(tmp_path, images, shelf=Shelf(apl_sim=cohort), keep=False).tasks["t0"]
    assert task.flags == (
        "generated", "modified copy", "no patient ids", "audit overridden: rule-a", "audit overridden: rule-b"
    )  # fmt: skip
    first, *middle, last = task.notes
    assert (first, last) == ("Of the task.", "Audit, x: y.")
    assert middle[:4] == [
        "Unseen, never learned from, predicted by every model: specimens of far 2, near 2",
        "An absent part.", "Read so.", "2 unreadable files left out: a.png, b.png",
    ]  # fmt: skip
    assert len(middle) == 5  # and the split's own
    assert (task.level, task.allowed, task.generated) == ("specimen", ("rule-a", "rule-b"), True)


def test_a_sound_task_has_no_flags_and_no_notes(tmp_path, verdicts):
    real = replace(COHORT, provenance=replace(COHORT.provenance, generated=False), target_level="specimen")
    task = planned(tmp_path, {}, shelf=Shelf(apl_sim=real), keep=False).tasks["t0"]
    assert (task.flags, task.notes, task.level, task.generated) == ((), (), "specimen", False)
    assert (task.ladder, task.rung, task.costs, task.abstain_cost) == ("", "", None, None)


def test_a_leaky_rung_says_so_and_its_leak_does_not_block(tmp_path, verdicts):
    twins = replace(COHORT, patient=np.array([f"P{i % 18}" for i in range(36)]), target_level="specimen")
    rungs = [{"ladder": "l", "split": {"scheme": "random-images", "folds": 2}}, {"ladder": "l"}]
    plan = planned(tmp_path, *rungs, shelf=Shelf(apl_sim=twins), keep=False, allow=("other",))
    assert verdicts["asked"] == [
        ("other", "patient-in-two-roles", "similar-patient-ids", "duplicate-images", "near-duplicate-images",
         "augmented-copies", "moved-copies"),
        ("other",),
    ]  # fmt: skip
    assert [task.flags for task in plan.tasks.values()] == [("generated", "leaky, for demonstration"), ("generated",)]
    assert [task.rung for task in plan.tasks.values()] == ["random image", "patient"]


def test_classes_without_training_patients_are_named_with_their_folds():
    table = [(s, fold, "test" if (k, fold) in {(0, 0), (0, 1), (2, 1)} else "train" if i % 4 else "valid")
             for fold in (0, 1) for i, (s, k) in enumerate(zip(COHORT.specimen, COHORT.y, strict=True))]  # fmt: skip
    split = module.SplitPlan(pd.DataFrame(table, columns=["specimen", "fold", "role"]))
    assert module._unlearned_notes(COHORT, split) == (
        "Class class-0 has no training patient in fold 0, 1: nothing learns it there",
        "Class class-2 has no training patient in fold 1: nothing learns it there",
    )


def test_published_figures_stand_beside_the_usual_task_on_whole_data_only(monkeypatch):
    references = (Reference("0.9", "p", "c"), Reference("0.8", "p", "c", incomplete="A part is missing"))
    monkeypatch.setattr(
        module, "dataset_module", lambda name: SimpleNamespace(CARD=SimpleNamespace(references=references))
    )
    usual = {"dataset": "golub", "split": dataset_module("golub").SPLIT}
    lacking = replace(COHORT, provenance=replace(COHORT.provenance, absent=("A part.",)))
    tasks = (usual, {"dataset": "golub"}, {**usual, "options": {"x": 1}})
    other = "it was made on another split of these data, or with other options, than this table"
    made = [
        [told["not_comparable"] for told in module._published(suite_of(task).tasks[0], cohort)]
        for cohort in (COHORT, lacking)
        for task in tasks
    ]
    assert made == [["", ""], [other] * 2, [other] * 2, ["", "A part is missing"], *[[other, "A part is missing"]] * 2]


def test_a_plan_comes_back_from_disk_as_it_was(tmp_path, verdicts):
    tasks = [
        {"costs": [[0, 1, 2]] * 3, "abstain_cost": 0.5, "ladder": "l", "notes": ["n"]},
        {"dataset": "golub", "split": {"scheme": "transfer", "folds": 2}},
        {"dataset": "raabin"}, {"dataset": "bccd", "ladder": "m"},
    ]  # fmt: skip
    shelf = Shelf(golub=toy_cohort(n=72, images=False, missing=0), raabin=SplitError("a"), bccd=SplitError("b"))
    plan = planned(tmp_path, *tasks, shelf=shelf)
    plan = replace(plan, source=Source("file", (str(tmp_path / "s.toml"), "golub")))
    store = Store(tmp_path, "s")
    assert saved(store, "quick") is None
    save(plan, store)
    again = saved(store, "quick")
    assert again.source_at_home == Source("file", ("../s.toml", "golub"))
    assert replace(again, source_at_home=plan.source_at_home) == plan
    assert (
        again.tasks["t1"].fold_names == {0: "A", 1: "B"} and again.broken == ("t2: a",) and again.absent == ("t3: b",)
    )
    assert plan_path(store, "quick").name == "plan.quick.json"


def test_results_of_another_source_are_refused_and_the_first_of_several_is_named(tmp_path, monkeypatch):
    store, real = Store(tmp_path, "s"), Path.glob
    monkeypatch.setattr(Path, "glob", lambda self, text: sorted(real(self, text), reverse=True))
    for profile in ("quick", "full"):
        save(module.Plan("s", "S", profile, {}, (), source=Source("datasets", (f"of-{profile}",))), store)
    (store.folder / "plan.broken.json").write_text("{")
    with pytest.raises(UsageError, match="holds results of dataset of-full, and suite s of the tree has the same name"):
        check_source(store, Source("tree", ("s",)))
    for profile in ("quick", "full"):
        save(module.Plan("s", "S", profile, {}, (), source=Source("tree", ("s",))), store)
    check_source(store, Source("tree", ("s",)))
