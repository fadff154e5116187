"""The same model with modalities taken away: what it sees, what is kept of it, what the drop is."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from benchmark.entries.registry import entry_class, entry_spec
from benchmark.records.store import Identity, Record, Store, StoreError
from benchmark.trials.trial import run_trial
from datasets.cohort import presence
from datasets.errors import CohortError
from datasets.modalities import only, subsets
from datasets.schemes.splitters import kfold
from leaderboard.questions.modality_grid import modality_grid
from leaderboard.questions.modality_grid import subsets as predicted_subsets
from leaderboard.records.results import TaskResult
from tests.toy import toy_cohort

LogisticRegressionEntry = entry_class(entry_spec("logistic-regression"))

COHORT = toy_cohort(n=90, signal=1.0)
PLAN = kfold(COHORT, folds=3)
SEVEN = {"images", "genes", "clinical", "images+genes", "images+clinical", "genes+clinical", "images+genes+clinical"}


class NeedsImages(LogisticRegressionEntry):
    """Raises where no specimen has an image."""

    def predict_proba(self, cohort):
        if not cohort.has("images").any():
            raise ValueError("no images; nothing to look at")
        return super().predict_proba(cohort)


@pytest.fixture(scope="module")
def task() -> TaskResult:
    full, grids, trials = [], [], []
    for name, build in {"lr": LogisticRegressionEntry, "looker": NeedsImages}.items():
        for fold in PLAN.folds:
            roles = PLAN.roles(COHORT, fold)
            outcome = run_trial(build, COHORT, roles, params={}, seed=0, modality_grid=True)
            named = {"entry": name, "seed": 0, "fold": fold}
            full.append(pd.DataFrame(outcome.predictions).query("role == 'test'").assign(**named))
            grids.append(pd.DataFrame(outcome.modality_predictions).assign(**named))
            holes = json.dumps(outcome.details["modality_holes"])
            trials.append({**named, "status": "done", "stale": False, "tuned": None, "seconds": 1.0, "error": "",
                           "modality_holes": holes})  # fmt: skip
    rng = np.random.default_rng(0)
    truth = np.eye(3)[COHORT.y] * 2 + rng.random((90, 3))
    truth /= truth.sum(axis=1, keepdims=True)
    facts = {"specimen": COHORT.specimen, **{f"q{k}": truth[:, k] for k in range(3)}}
    return TaskResult(
        name="toy", title="toy", dataset="toy", classes=COHORT.classes, positive=None, generated=True, flags=(),
        notes=(), predictions=pd.concat(full, ignore_index=True), trials=pd.DataFrame(trials),
        specimens=pd.DataFrame(facts | {f"images.q{k}": 1 / 3 for k in range(3)}),
        modality_predictions=pd.concat(grids, ignore_index=True),
    )  # fmt: skip


@pytest.mark.parametrize("subset", subsets(COHORT))
def test_a_view_has_nothing_of_the_rest(subset):
    view = only(COHORT, subset)
    assert "+".join(subset) in SEVEN
    assert (view.images.sizes > 0).any() == ("images" in subset)
    assert view.genes.any() == ("genes" in subset)
    assert view.clinical.notna().any().any() == ("clinical" in subset)
    expected = presence(len(view), view.images, COHORT.has("genes") & ("genes" in subset), view.clinical)
    assert (view.present == expected).all()
    assert (view.y == COHORT.y).all() and (view.specimen == COHORT.specimen).all()
    assert view.clinical.dtypes.astype(str).tolist() == COHORT.clinical.dtypes.astype(str).tolist()
    assert view.modalities == COHORT.modalities
    dataclasses.replace(view)  # still passes every check of a cohort
    assert COHORT.genes.any() and COHORT.images.sizes.any()


def test_all_of_them_is_the_cohort_and_strangers_are_refused():
    assert only(COHORT, COHORT.modalities).fingerprint == COHORT.fingerprint
    assert subsets(toy_cohort(genes=False)) == (("images",), ("clinical",), ("images", "clinical"))
    with pytest.raises(CohortError, match="has no"):
        only(toy_cohort(genes=False), ["genes"])


def test_full_predictions_do_not_change_and_are_one_of_the_seven():
    roles = PLAN.roles(COHORT, 0)
    plain = run_trial(LogisticRegressionEntry, COHORT, roles, params={}, seed=0)
    asked = run_trial(LogisticRegressionEntry, COHORT, roles, params={}, seed=0, modality_grid=True)
    told = pd.DataFrame(plain.predictions)
    pd.testing.assert_frame_equal(told, pd.DataFrame(asked.predictions))
    assert plain.modality_predictions is None and "modality_holes" not in plain.details
    grid = pd.DataFrame(asked.modality_predictions)
    assert set(grid["modalities"]) == SEVEN and set(grid["role"]) == {"test"}
    every = grid[grid["modalities"] == "images+genes+clinical"].drop(columns="modalities").reset_index(drop=True)
    pd.testing.assert_frame_equal(every, told.query("role == 'test'").reset_index(drop=True))


def test_an_entry_is_shown_what_is_left_and_no_labels():
    seen = []

    class Spy(LogisticRegressionEntry):
        def predict_proba(self, cohort):
            seen.append((cohort.present.any(axis=0).tolist(), set(cohort.y.tolist()), cohort.truth))
            return super().predict_proba(cohort)

    run_trial(Spy, COHORT, PLAN.roles(COHORT, 0), params={}, seed=0, modality_grid=True)
    assert [present for present, _, _ in seen[2:]] == [
        [True, False, False], [False, True, False], [False, False, True],
        [True, True, False], [True, False, True], [False, True, True],
    ]  # fmt: skip
    assert all(labels == {-1} and truth is None for _, labels, truth in seen)


def test_scores_drops_and_holes(task):
    assert predicted_subsets(task)[0] == "images+genes+clinical" and set(predicted_subsets(task)) == SEVEN
    table = modality_grid(task, resamples=100).set_index(["entry", "modalities"])
    assert len(table) == 14
    for name in SEVEN:
        rows = task.modality_predictions.query("entry == 'lr' and modalities == @name")
        expected = balanced_accuracy_score(rows["y"], rows[["p0", "p1", "p2"]].to_numpy().argmax(axis=1))
        row = table.loc[("lr", name)]
        assert row["value"] == pytest.approx(expected) and row["low"] <= row["value"] <= row["high"]
        full = table.loc[("lr", "images+genes+clinical"), "value"]
        assert row["drop"] == pytest.approx(full - expected)
        assert row["drop_low"] <= row["drop"] <= row["drop_high"]
    every = table.loc[("lr", "images+genes+clinical")]
    assert every["drop_low"] == every["drop_high"] == 0
    assert table.loc[("lr", "images"), "drop"] > 0
    holes = table.loc["looker"].loc[["genes", "clinical", "genes+clinical"]]
    assert holes["value"].isna().all() and holes["drop"].isna().all()
    assert (holes["note"] == "hole: ValueError: no images; nothing to look at").all()
    assert table.loc["looker"].loc[["images", "images+genes"]]["value"].notna().all()


def test_the_posterior_is_the_reference_where_it_is_known(task):
    table = modality_grid(task, resamples=10).query("entry == 'lr'").set_index("modalities")["oracle"]
    told = task.specimens.set_index("specimen").loc[COHORT.specimen, ["q0", "q1", "q2"]].to_numpy()
    assert table["images+genes+clinical"] == pytest.approx(balanced_accuracy_score(COHORT.y, told.argmax(axis=1)))
    assert table["images"] == pytest.approx(1 / 3) and np.isnan(table["genes"])


def test_a_posterior_is_called_by_how_far_it_exceeds_the_share_of_a_class(task):
    """Cells of a patient are averaged; classes are uneven, or division and product by their shares would agree."""
    rng = np.random.default_rng(3)
    told = task.predictions.query("entry == 'lr'").drop_duplicates("specimen")
    keep = (told["y"] > 0) | (np.arange(len(told)) % 5 == 0)
    patients = {s: f"P{y}-{k // 2}" for k, (s, y) in enumerate(zip(told["specimen"], told["y"], strict=True))}
    few = {
        name: table[table["specimen"].isin(told["specimen"][keep])].assign(
            patient=lambda table: table["specimen"].map(patients)
        )
        for name, table in (("predictions", task.predictions), ("modality_predictions", task.modality_predictions))
    }
    q = rng.dirichlet(np.ones(3), len(task.specimens))
    specimens = task.specimens.assign(**{f"q{k}": q[:, k] for k in range(3)})
    table = modality_grid(dataclasses.replace(task, **few, specimens=specimens), resamples=5)
    found = table.query("entry == 'lr' and modalities == 'images+genes+clinical'")["oracle"]
    own = told[keep].assign(patient=lambda table: table["specimen"].map(patients)).merge(specimens, on="specimen")
    of = {
        patient: (int(part["y"].iloc[0]), part[["q0", "q1", "q2"]].mean()) for patient, part in own.groupby("patient")
    }
    y = [label for label, _ in of.values()]
    called = [int(np.argmax([mean.iloc[k] * len(y) / y.count(k) for k in range(3)])) for _, mean in of.values()]
    assert found.tolist() == pytest.approx([balanced_accuracy_score(y, called)])


def test_a_task_without_the_grid_has_an_empty_table(task):
    assert modality_grid(dataclasses.replace(task, modality_predictions=None)).empty


def test_the_second_file_is_hashed_like_the_first(tmp_path):
    outcome = run_trial(LogisticRegressionEntry, COHORT, PLAN.roles(COHORT, 0), params={}, seed=0, modality_grid=True)
    store = Store(tmp_path, "s")
    record = Record("k" * 64, Identity("quick", "t", "lr", 0, 0), "done", outcome.details)
    written = store.write(record, outcome.predictions, None, outcome.modality_predictions)
    pd.testing.assert_frame_equal(store.modality_predictions(written), pd.DataFrame(outcome.modality_predictions))
    assert store.read("k" * 64) == written
    path = store.path("k" * 64) / "modality_predictions.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match=r"modality_predictions\.parquet does not match its record"):
        store.read("k" * 64)
    path.unlink()
    good, bad = store.records()
    assert not good and "lacks modality_predictions.parquet" in str(bad[0])
    plain = store.write(dataclasses.replace(record, key="m" * 64), outcome.predictions)
    assert plain.modality_sha256 == "" and store.modality_predictions(plain) is None
