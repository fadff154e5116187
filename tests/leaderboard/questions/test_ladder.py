"""What a split by image claims and a split by patient does not, on generated cells whose patients differ."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from benchmark.planning.auditing import AuditBlocks, judge
from benchmark.planning.splitting import LEAKY_RULES, make_split
from benchmark.suites.suite import RUNGS as SCHEMES
from benchmark.suites.suite import Split
from benchmark.trials.trial import run_trial
from datasets.errors import CohortError
from datasets.generated.apl_sim import load
from datasets.schemes.explode import one_image_each
from datasets.splits import SplitError
from leaderboard.questions.ladder import RUNGS, ladder, ladders
from leaderboard.records.results import TaskResult
from tests.toy import toy_cohort

CELLS = load(patients=60, cells=16, image_size=28, confound=0.0, unknown_scale=True, images_only=0.0)


def neighbour(traits):
    """Return an entry: the class of the one nearest training cell by its latent traits."""

    class Neighbour:
        needs = frozenset({"images"})

        def __init__(self, *, seed):
            self.seed = seed

        def fit(self, train, valid):
            x = traits[train.images.all_rows()]
            self.scale_ = StandardScaler().fit(x)
            self.nearest_ = KNeighborsClassifier(1).fit(self.scale_.transform(x), train.y)
            return self

        def predict_proba(self, cohort):
            label = self.nearest_.predict(self.scale_.transform(traits[cohort.images.all_rows()]))
            return np.eye(cohort.n_classes)[label]

    return Neighbour


def rung(cohort, scheme, build, name="neighbour") -> TaskResult:
    plan = make_split(Split(scheme=scheme), cohort)
    frames = []
    for fold in plan.folds:
        table = pd.DataFrame(run_trial(build, cohort, plan.roles(cohort, fold), params={}, seed=0).predictions)
        frames.append(table[table["role"].str.startswith("test")].assign(entry=name, seed=0, fold=fold))
    trials = pd.DataFrame({"entry": name, "seed": 0, "fold": plan.folds, "status": "done", "stale": False})
    return TaskResult(
        name=scheme, title=scheme, dataset="apl-sim", classes=cohort.classes, positive=None, generated=True, flags=(),
        notes=plan.notes, predictions=pd.concat(frames, ignore_index=True),
        trials=trials.assign(tuned=None, seconds=1.0, error=""), ladder="cells", rung=SCHEMES[scheme],
    )  # fmt: skip


@pytest.fixture(scope="module")
def rungs() -> list[TaskResult]:
    traits = CELLS.truth.traits.select_dtypes(float).fillna(0).to_numpy()
    single = one_image_each(CELLS, per_patient=16)
    return [rung(single, s, neighbour(traits)) for s in ("leave-one-domain-out", "kfold", "random-images")]


def test_the_shape_of_the_leak(rungs):
    """The design's toy: .757 with images dealt at random, .238 by patient, .234 by site, chance .200."""
    table = ladder(rungs, resamples=300).query("level == 'image'").set_index("rung")
    value = table["value"]
    assert value["random image"] > 0.38
    assert value["patient"] < 0.28 and value["site"] < 0.32
    assert table.loc["inflation", "low"] > 0.1
    assert value["inflation"] == pytest.approx(value["random image"] - value["patient"])
    assert table.loc["random image", "flags"] == table.loc["inflation", "flags"] == "leaky, for demonstration"
    assert table.loc["patient", "flags"] == ""


def test_rungs_are_scored_by_image_and_by_patient(rungs):
    table = ladder(rungs, resamples=20).query("rung == 'patient'").set_index("level")
    cells = rungs[1].predictions
    columns = [f"p{k}" for k in range(5)]
    label = cells[columns].to_numpy().argmax(axis=1)
    assert table.loc["image", "value"] == pytest.approx(balanced_accuracy_score(cells["y"], label))
    assert table.loc["image", "n_specimens"] == 960 and table.loc["image", "n_patients"] == 60
    mean = cells.groupby(["patient", "y"])[columns].mean().round(12).reset_index()
    label = mean[columns].to_numpy().argmax(axis=1)
    assert table.loc["patient", "value"] == pytest.approx(balanced_accuracy_score(mean["y"], label))


def test_a_rung_without_a_task_is_listed(rungs):
    assert [task.rung for task in ladders(rungs)["cells"]] == ["random image", "patient", "site"]
    table = ladder(rungs, resamples=20).query("level == 'image'")
    assert table["rung"].tolist() == [*RUNGS, "inflation"]
    slide = table[table["rung"] == "slide"].iloc[0]
    assert np.isnan(slide["value"]) and slide["note"].startswith("left out")


def test_rungs_of_different_ladders_or_labels_do_not_mix(rungs):
    with pytest.raises(ValueError, match="tasks of one name"):
        ladder([rungs[0], dataclasses.replace(rungs[1], ladder="other")])
    with pytest.raises(ValueError, match="different rungs"):
        ladder([rungs[0], rungs[0]])
    wrong = rungs[1].predictions.assign(y=(rungs[1].predictions["y"] + 1) % 5)
    with pytest.raises(ValueError, match="another patient or label"):
        ladder([rungs[0], dataclasses.replace(rungs[1], predictions=wrong)])


def test_single_images_keep_patient_label_and_pixels_and_nothing_else():
    cohort = toy_cohort()
    single = one_image_each(cohort, per_patient=2, seed=1)
    assert single.modalities == ("images",) and single.truth is None
    assert (single.images.sizes == 1).all() and len(set(single.specimen)) == len(single)
    assert pd.Series(single.patient).value_counts().max() == 2
    owner = {int(row): i for i in range(len(cohort)) for row in cohort.images.bag_rows(i)}
    for i, row in enumerate(single.images.all_rows()):
        home = owner[int(row)]
        assert (single.patient[i], single.y[i], single.domain[i]) == (
            cohort.patient[home], cohort.y[home], cohort.domain[home],
        )  # fmt: skip
    assert single.fingerprint == one_image_each(cohort, per_patient=2, seed=1).fingerprint
    assert single.fingerprint != one_image_each(cohort, per_patient=2, seed=2).fingerprint
    assert np.shares_memory(single.images.pixels, cohort.images.pixels)
    with pytest.raises(CohortError, match="needs a dataset with images"):
        one_image_each(toy_cohort(images=False), per_patient=2)


def test_only_a_rung_declared_leaky_may_tear_patients():
    single = one_image_each(toy_cohort(), per_patient=3)
    plan = make_split(Split(scheme="random-images", folds=3), single)
    assert "Leaky, for demonstration" in plan.notes[0]
    with pytest.raises(AuditBlocks, match="patient-in-two-roles"):
        judge(single, plan, ())
    assert "patient-in-two-roles" in judge(single, plan, (*LEAKY_RULES, "class-is-background")).allowed
    with pytest.raises(SplitError, match="one specimen a patient"):
        make_split(Split(scheme="random-images"), toy_cohort())


def test_slides_stay_together_where_they_are_known():
    single = one_image_each(toy_cohort(), per_patient=4)
    with pytest.raises(SplitError, match="names no slides"):
        make_split(Split(scheme="slide"), single)
    slide = pd.DataFrame({"slide": (np.arange(len(single.images.pixels)) % 2).astype(str)})
    named = dataclasses.replace(single, image_facts=slide)
    plan = make_split(Split(scheme="slide", folds=3), named)
    of = dict(
        zip(named.specimen, zip(named.patient, slide["slide"][named.images.all_rows()], strict=True), strict=True)
    )
    roles = plan.table.assign(slide=plan.table["specimen"].map(of)).groupby(["fold", "slide"])["role"].nunique()
    assert roles.max() == 1
