"""Facts of specimens that are kept beside the splits, and scores by age band, sex and domain."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, recall_score

from benchmark.records.specimen_facts import keep_facts, kept_facts, specimen_facts
from benchmark.records.store import Store, StoreError
from datasets.cohort import Truth
from leaderboard.inference.shared_draw import shared_draw, summary
from leaderboard.questions.strata import strata
from leaderboard.records.results import TaskResult
from tests.leaderboard.fake_board import fake_task
from tests.leaderboard.held_out_task import rows, task_of
from tests.toy import toy_cohort


def with_facts(**more) -> TaskResult:
    task = fake_task(n=300, failed=None, seeds=1, **more)
    told = task.predictions.drop_duplicates("specimen")[["specimen", "patient"]]
    rng = np.random.default_rng(99)
    patients = sorted(set(told["patient"]))
    sex = dict(zip(patients, rng.choice(["female", "male", ""], len(patients), p=[0.5, 0.45, 0.05]), strict=True))
    band = dict(zip(patients, rng.choice(["0-17", "40-59"], len(patients), p=[0.02, 0.98]), strict=True))
    facts = pd.DataFrame({"specimen": told["specimen"]})
    facts["sex"], facts["age_band"] = told["patient"].map(sex), told["patient"].map(band)
    return dataclasses.replace(task, specimens=facts)


@pytest.fixture(scope="module")
def task() -> TaskResult:
    return with_facts()


def of(task, entry, **stratum):
    """Return labels and calls of the in-domain patients of a stratum."""
    table = task.predictions.merge(task.specimens, on="specimen").query("entry == @entry and role == 'test'")
    for name, value in stratum.items():
        table = table[table[name] == value]
    mean = table.groupby(["fold", "patient", "y"])[["p0", "p1", "p2"]].mean().reset_index()
    return mean["y"].to_numpy(), mean[["p0", "p1", "p2"]].to_numpy().argmax(axis=1)


@pytest.mark.parametrize(("by", "stratum"), [("sex", "female"), ("sex", "male"), ("domain", "A")])
def test_scores_are_what_scikit_learn_says(task, by, stratum):
    table, _ = strata(task, resamples=50)
    mine = table.query("entry == 'xgboost' and test_set == 'in-domain' and by == @by and stratum == @stratum")
    y, called = of(task, "xgboost", **{by: stratum})
    row = mine[mine["metric"] == "balanced_accuracy"].iloc[0]
    assert row["value"] == pytest.approx(balanced_accuracy_score(y, called)) and row["n_patients"] == len(y)
    assert row["low"] <= row["value"] <= row["high"]
    recalls = mine[mine["metric"] == "sensitivity"].set_index("class")["value"]
    assert recalls.tolist() == pytest.approx(recall_score(y, called, average=None).tolist())
    assert mine[mine["metric"] == "ece_debiased"]["value"].between(0, 1).all()


def test_small_cells_are_suppressed_with_their_size(task):
    table, gaps = strata(task, resamples=10)
    few = table.query("test_set == 'in-domain' and stratum == '0-17'")
    assert len(few) and few["value"].isna().all() and few["n_patients"].isna().all()
    assert (few["note"] == "suppressed").all()
    assert "0-17" not in {*gaps["best"], *gaps["worst"]}
    unknown = table.query("by == 'sex' and stratum == 'unknown' and test_set == 'in-domain'")
    assert len(unknown) and "unknown" not in {*gaps["best"], *gaps["worst"]}
    shifted = table.query("test_set == 'C' and by == 'domain'")
    lacking = shifted.query("metric == 'sensitivity' and `class` == 'ZBTB16-RARA'")
    assert (lacking["note"] == "suppressed").all() and (lacking["n_patients"] > 9).all()
    assert (shifted.query("metric == 'balanced_accuracy'")["note"] == "suppressed").all()


def test_gaps_are_differences_of_what_is_shown(task):
    table, gaps = strata(task, resamples=100)
    cells = table.set_index(["entry", "test_set", "by", "metric", "class", "stratum"])["value"]
    assert len(gaps)
    for row in gaps.itertuples(index=False):
        start = (row.entry, row.test_set, row.by, row.metric, row[5])
        sign = -1 if row.metric == "ece_debiased" else 1
        assert row.gap == pytest.approx(sign * (cells[(*start, row.best)] - cells[(*start, row.worst)]))
        assert row.gap >= 0 and row.low <= row.high


def test_intervals_are_made_of_scikit_learn_s_scores_of_each_resample():
    """Of a small stratum and a large one, whose intervals reach differently far, drawn with patients of other sets."""
    task = fake_task(n=180, failed=None, seeds=1, skill={"xgboost": 1.0})
    number = task.predictions["patient"].str[1:].astype(int)
    sex = pd.Series(np.where(number % 5, "male", "female"), index=task.predictions["patient"])
    sex = sex[~sex.index.duplicated()]
    told = task.predictions.drop_duplicates("specimen")[["specimen", "patient"]]
    task = dataclasses.replace(task, specimens=told.assign(sex=told["patient"].map(sex))[["specimen", "sex"]])
    table, gaps = (t.query("by == 'sex' and test_set == 'in-domain'") for t in strata(task, resamples=12, seed=4))
    labelled = task.predictions.assign(stratum=task.predictions["patient"].map(sex))
    shared = shared_draw([labelled], ["y", "domain", "role", "stratum"], 12, 4)
    samples, reaches = {}, {}
    for name in ("female", "male"):
        mine = labelled.query("role == 'test' and stratum == @name")
        mean = mine.groupby(["patient", "y"])[["p0", "p1", "p2"]].mean().reset_index()
        y, answers = mean["y"].to_numpy(), mean[["p0", "p1", "p2"]].to_numpy().argmax(axis=1)
        patients = mean["patient"].to_numpy(dtype=str)
        weights = shared.weights[np.searchsorted(shared.patients, patients)]
        samples[name] = np.array([balanced_accuracy_score(y, answers, sample_weight=w) for w in weights.T])
        reaches[name] = shared.reach(patients)
        expected = summary(samples[name], reaches[name], (0, 1))
        row = table.query("stratum == @name and metric == 'balanced_accuracy'").iloc[0]
        assert row[["value", "low", "high"]].tolist() == pytest.approx(list(expected))
    gap = gaps[gaps["metric"] == "balanced_accuracy"].iloc[0]
    assert reaches["female"] > reaches["male"] + 0.01
    expected = summary(samples[gap["best"]] - samples[gap["worst"]], reaches["female"])
    assert gap[["gap", "low", "high"]].tolist() == pytest.approx(list(expected))


def test_the_worst_of_three_strata_is_the_last_and_a_missing_score_is_none():
    task = fake_task(n=240, domains=("A", "B", "D", "C"), failed=None, seeds=1, skill={"xgboost": 1.0})
    table, gaps = (t.query("by == 'domain' and test_set == 'in-domain'") for t in strata(task, resamples=3))
    for metric, sign in (("balanced_accuracy", 1), ("ece_debiased", -1)):
        value = sign * table[table["metric"] == metric].set_index("stratum")["value"]
        gap = gaps[gaps["metric"] == metric].iloc[0]
        assert len(value) == 3 and (gap["best"], gap["worst"]) == (value.idxmax(), value.idxmin())
        assert gap["gap"] == pytest.approx(value.max() - value.min())


def test_a_patient_of_two_strata_is_in_the_first_by_name_and_one_without_is_unknown():
    y = np.arange(48) // 2 % 2
    table = rows("e", "test", y, np.column_stack([0.7 - 0.4 * y, 0.3 + 0.4 * y]))
    table = table.assign(patient=[f"P{i // 2:02d}" for i in range(48)], domain=["A", "B"] * 12 + ["B"] * 24)
    sex = ["", "male", "male", "female"] + ["female"] * 20 + ["male"] * 22
    facts = table[["specimen"]].assign(sex=[*sex, None, ""])
    found, gaps = strata(task_of(table, specimens=facts.iloc[:-1]), resamples=3)
    sizes = found[found["metric"] == "auroc"].set_index(["by", "stratum"])["n_patients"]
    assert sizes["domain"].to_dict() == {"A": 12, "B": 12}
    assert sizes["sex"].dropna().to_dict() == {"female": 11, "male": 12} and sizes.index.is_unique
    assert list(sizes["sex"].index) == ["female", "male", "unknown"] and set(gaps["by"]) == {"domain", "sex"}
    assert gaps["gap"].abs().max() < 1e-9  # the entry is the same everywhere


@pytest.mark.parametrize(("n", "few", "is_shown"), [(10, 5, True), (9, 4, False), (11, 4, False)])
def test_ten_patients_and_five_of_each_class_are_shown(n, few, is_shown):
    y = np.repeat([0, 1], [n - few, few])
    proba = np.column_stack([0.2 + 0.6 * (y == 0), 0.8 - 0.6 * (y == 0)])
    table, gaps = strata(task_of(rows("e", "test", y, proba)), resamples=3)
    found = table.set_index("metric")
    assert (found.loc["auroc", "note"] == "") == is_shown and (found.loc["sensitivity", "note"] == "") == is_shown
    assert (found.loc["ece_debiased", "note"] == "") == (n >= 10) and found["n_patients"].isna().all() == (n < 10)
    assert gaps.empty


def test_two_classes_show_the_positive_one_and_no_facts_leave_the_domain():
    task = fake_task("apl-jhu", classes=("AML", "APL"), domains=("Discovery", "Validation"), failed=None, n=100)
    table, _ = strata(task, resamples=10)
    assert set(table["by"]) == {"domain"} and set(table["class"]) == {"", "APL"} and "auroc" in set(table["metric"])


def test_facts_of_a_cohort(tmp_path):
    cohort = toy_cohort(n=30, images=False, genes=False, missing=0)
    table = cohort.clinical.assign(age=np.r_[0, 17, 17.9, 18, 39, 40, 59.5, 60, 90, np.nan, np.full(20, 50.0)])
    posterior = {"all": np.full((30, 3), 1 / 3), "clinical": np.eye(3)[cohort.y]}
    known = dataclasses.replace(cohort, clinical=table, truth=Truth(posterior=posterior))
    facts = specimen_facts(known)
    bands = ["0-17"] * 3 + ["18-39"] * 2 + ["40-59"] * 2 + ["60+"] * 2 + [""] + ["40-59"] * 20
    assert facts["age_band"].tolist() == bands
    assert facts["sex"].tolist() == cohort.clinical["sex"].astype(str).tolist()
    assert np.allclose(facts[["q0", "q1", "q2"]], 1 / 3) and np.allclose(facts["clinical.q0"], cohort.y == 0)
    store = Store(tmp_path, "s")
    keep_facts(known, store)
    pd.testing.assert_frame_equal(kept_facts(store, known.fingerprint), facts)
    assert kept_facts(store, "f" * 64) is None
    path = next((tmp_path / "s/splits").iterdir())
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(StoreError, match="is torn"):
        kept_facts(store, known.fingerprint)
    other = dataclasses.replace(cohort, units={"age": "months", "wbc": "10^9/L"})
    assert "age_band" not in specimen_facts(other)
    assert specimen_facts(toy_cohort(clinical=False)).columns.tolist() == ["specimen"]
