"""The long table: what is pooled, what is averaged, what is a hole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score, log_loss, roc_auc_score

from leaderboard.records.results import TaskResult
from leaderboard.scores.score import score
from tests.leaderboard.fake_board import fake_task, fake_tasks

COLUMNS = [
    *("task", "entry", "test_set", "metric", "value", "low", "high", "n_patients", "n_specimens"),
    *("tie", "vs_prior", "floor", "comparable", "note"),
]


@pytest.fixture(scope="module")
def tables() -> dict[str, tuple[TaskResult, pd.DataFrame]]:
    return {task.name: (task, score(task, resamples=100)) for task in fake_tasks()}


def value(table: pd.DataFrame, entry: str, test_set: str, metric: str) -> pd.Series:
    found = table[(table["entry"] == entry) & (table["test_set"] == test_set) & (table["metric"] == metric)]
    assert len(found) == 1
    return found.iloc[0]


def patients(task: TaskResult, entry: str, role: str, by: list[str]) -> list[pd.DataFrame]:
    """Return patient-level rows of each replicate, straight from the definition."""
    rows = task.predictions[(task.predictions["entry"] == entry) & (task.predictions["role"] == role)]
    proba = [f"p{k}" for k in range(len(task.classes))]
    return [
        part.groupby(["fold", "patient", "y"])[proba].mean().reset_index().rename(columns=str)
        for _, part in rows.groupby(by)
    ]


def test_one_row_an_entry_test_set_and_metric(tables: dict[str, tuple[TaskResult, pd.DataFrame]]) -> None:
    for task, table in tables.values():
        assert list(table.columns) == COLUMNS
        assert not table.duplicated(["entry", "test_set", "metric"]).any()
        assert len(table) == len(task.entries) * table["test_set"].nunique() * table["metric"].nunique()
        ranked = table[table["comparable"]]
        assert (ranked["low"] <= ranked["value"] + 1e-12).all() and (ranked["value"] <= ranked["high"] + 1e-12).all()


def test_in_domain_pools_folds_and_averages_seeds(tables: dict[str, tuple[TaskResult, pd.DataFrame]]) -> None:
    task, table = tables["apl-sim"]
    seeds = patients(task, "rules-apl", "test", ["seed"])
    proba = ["p0", "p1", "p2"]
    balanced = [balanced_accuracy_score(s["y"], s[proba].to_numpy().argmax(axis=1)) for s in seeds]
    assert value(table, "rules-apl", "in-domain", "balanced_accuracy")["value"] == pytest.approx(np.mean(balanced))
    loss = [log_loss(s["y"], s[proba].to_numpy()) for s in seeds]
    assert value(table, "rules-apl", "in-domain", "nll")["value"] == pytest.approx(np.mean(loss), abs=1e-9)


def test_shifted_set_is_scored_once_a_seed_and_fold(tables: dict[str, tuple[TaskResult, pd.DataFrame]]) -> None:
    task, table = tables["apl-jhu"]
    models = patients(task, "xgboost", "test:Validation", ["seed", "fold"])
    assert len(models) == 6
    wanted = np.mean([roc_auc_score(m["y"], m["p1"]) for m in models])
    assert value(table, "xgboost", "Validation", "auroc")["value"] == pytest.approx(wanted)
    wanted = np.mean([f1_score(m["y"], m["p1"] > m["p0"], average="macro") for m in models])
    assert value(table, "xgboost", "Validation", "macro_f1")["value"] == pytest.approx(wanted)


def test_worst_domain_is_the_worst_and_named(tables: dict[str, tuple[TaskResult, pd.DataFrame]]) -> None:
    _, table = tables["apl-labs"]
    for metric, worst in (("auroc", min), ("nll", max)):
        apart = {d: value(table, "rules-apl", d, metric)["value"] for d in "ABC"}
        row = value(table, "rules-apl", "worst domain", metric)
        assert row["value"] == worst(apart.values())
        assert row["note"] == f"worst is {worst(apart, key=lambda d: apart[d])}"
    for name in ("apl-sim", "apl-jhu"):
        assert "worst domain" not in set(tables[name][1]["test_set"])


def test_all_shifted_pools_what_one_model_predicted(tables: dict[str, tuple[TaskResult, pd.DataFrame]]) -> None:
    task, table = tables["apl-labs"]
    rows = task.predictions[task.predictions["entry"] == "xgboost"]
    assert value(table, "xgboost", "all shifted", "accuracy")["n_patients"] == rows["patient"].nunique()
    proba = ["p0", "p1", "p2"]
    each = rows.groupby(["seed", "patient", "y"])[proba].mean().reset_index()
    labels = each[proba].to_numpy().argmax(axis=1)
    wanted = [balanced_accuracy_score(each["y"][each["seed"] == s], labels[each["seed"] == s]) for s in (0, 1)]
    assert value(table, "xgboost", "all shifted", "balanced_accuracy")["value"] == pytest.approx(np.mean(wanted))
    assert "all shifted" not in set(tables["apl-sim"][1]["test_set"])


def test_models_that_predict_the_same_domains_are_averaged_not_pooled() -> None:
    task = fake_task("apl-jhu", classes=("AML", "APL"), failed=None)
    both = task.predictions[task.predictions["domain"] == "C"]
    both = both.assign(role=np.where(both["patient"].str[-1].isin(list("02468")), "test:even", "test:odd"))
    table = score(replace(task, predictions=both), resamples=10)
    models = both[both["entry"] == "xgboost"].groupby(["seed", "fold", "patient", "y"])["p1"].mean().reset_index()
    wanted = [roc_auc_score(m["y"], m["p1"]) for _, m in models.groupby(["seed", "fold"])]
    assert value(table, "xgboost", "all shifted", "auroc")["value"] == pytest.approx(np.mean(wanted))


def test_prior_is_exactly_one_half(tables: dict[str, tuple[TaskResult, pd.DataFrame]]) -> None:
    for _, table in tables.values():
        rows = table[(table["entry"] == "prior") & (table["metric"] == "auroc")]
        assert (rows[["value", "low", "high"]] == 0.5).all(axis=None)
        assert rows["vs_prior"].isna().all()


def test_noise_in_the_last_bit_does_not_break_ties() -> None:
    task = fake_task(failed=None)
    noise = np.random.default_rng(0).uniform(-1e-15, 1e-15, len(task.predictions))
    constant = task.predictions.assign(p0=0.1 + noise, p1=0.2 - noise, p2=0.7)
    scored = score(replace(task, predictions=constant), resamples=10)
    assert (scored.loc[scored["metric"] == "auroc", "value"] == 0.5).all()


def test_vs_prior_follows_the_direction_of_the_metric(tables: dict[str, tuple[TaskResult, pd.DataFrame]]) -> None:
    for metric in ("balanced_accuracy", "nll", "brier"):
        assert value(tables["apl-sim"][1], "xgboost", "in-domain", metric)["vs_prior"] == 1
    noisy = fake_task(skill={"prior": 0.0, "fusion-gnn": -3.0}, failed=None)
    scored = score(noisy, resamples=100)
    for metric in ("balanced_accuracy", "nll", "brier"):
        assert value(scored, "fusion-gnn", "in-domain", metric)["vs_prior"] == -1


def test_a_failed_fold_is_a_hole_with_its_reason(tables: dict[str, tuple[TaskResult, pd.DataFrame]]) -> None:
    _, table = tables["apl-sim"]
    rows = table[table["entry"] == "cnn-spatial-attention"]
    assert rows[["value", "low", "high", "tie", "vs_prior"]].isna().all(axis=None) and not rows["comparable"].any()
    reason = "5 of 6 folds; seed 1 fold 2 failed: RuntimeError: loss is not finite at epoch 3"
    assert set(rows["note"]) == {reason}


def test_absent_and_rare_classes_are_noted(tables: dict[str, tuple[TaskResult, pd.DataFrame]]) -> None:
    notes = value(tables["apl-sim"][1], "xgboost", "C", "auroc")["note"]
    assert notes == "class ZBTB16-RARA has no patient and is left out of class averages"
    assert "fewer than 10" in value(tables["apl-labs"][1], "xgboost", "B", "auroc")["note"]


def test_same_seed_same_table_whatever_the_order_of_rows() -> None:
    task = fake_task()
    shuffled = replace(task, predictions=task.predictions.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(score(task, resamples=50), score(shuffled, resamples=50))
    other = score(task, resamples=50, seed=1)
    assert not other["low"].equals(score(task, resamples=50)["low"])


def test_positive_class_first_or_second_is_the_same() -> None:
    task = fake_task("apl-jhu", classes=("AML", "APL"), failed=None)
    swapped = task.predictions.assign(y=1 - task.predictions["y"], p0=task.predictions["p1"], p1=task.predictions["p0"])
    mirrored = replace(task, predictions=swapped, classes=("APL", "AML"), positive=0)
    pd.testing.assert_frame_equal(score(task, resamples=20), score(mirrored, resamples=20))


def test_patients_with_two_labels_are_scored_by_specimen() -> None:
    task = fake_task(failed=None)
    inside = task.predictions[task.predictions["role"] == "test"]
    specimens = inside.groupby("patient")["specimen"].unique()
    turned = specimens[specimens.str.len() == 2].iloc[0][0]
    table = task.predictions.assign(y=lambda t: t["y"].where(t["specimen"] != turned, (t["y"] + 1) % 3))
    rows = table[(table["entry"] == "xgboost") & (table["role"] == "test")]
    labels = rows[["p0", "p1", "p2"]].to_numpy().argmax(axis=1)
    apart = [balanced_accuracy_score(rows["y"][rows["seed"] == s], labels[rows["seed"] == s]) for s in (0, 1)]
    scored = score(replace(task, predictions=table), resamples=10)
    assert value(scored, "xgboost", "in-domain", "balanced_accuracy")["value"] == pytest.approx(np.mean(apart))


def test_stale_rows_are_shown_but_not_ranked() -> None:
    task = fake_task(failed=None)
    trials = task.trials.assign(stale=task.trials["entry"] == "xgboost")
    table = score(replace(task, trials=trials), resamples=20)
    rows = table[table["entry"] == "xgboost"]
    assert rows["value"].notna().all() and rows["tie"].isna().all() and not rows["comparable"].any()
    assert table.loc[table["metric"] == "auroc", "tie"].min() == 1


def test_not_applicable_and_nothing_done() -> None:
    task = fake_task(failed=None)
    trials = task.trials.copy()
    image_only = trials["entry"] == "cnn-spatial-attention"
    trials.loc[image_only, ["status", "error"]] = ["not-applicable", "needs images"]
    kept = task.predictions[task.predictions["entry"] != "cnn-spatial-attention"]
    table = score(replace(task, trials=trials, predictions=kept), resamples=10)
    assert set(table.loc[table["entry"] == "cnn-spatial-attention", "note"]) == {"not applicable: needs images"}

    missing = task.trials.assign(status="missing")
    empty = pd.DataFrame(columns=task.predictions.columns)
    table = score(replace(task, trials=missing, predictions=empty), resamples=10)
    assert list(dict.fromkeys(table["entry"])) == list(task.entries)
    assert table["value"].isna().all() and set(table["test_set"]) == {"in-domain"}
