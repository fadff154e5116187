"""Sentences follow from the data."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from leaderboard.records.results import TaskResult
from leaderboard.scores.tables import TaskView, details, summary, views
from leaderboard.verdicts.statements import findings, interval_definition, notes, warnings
from tests.leaderboard.fake_board import SKILL, fake_task
from tests.leaderboard.shared_board import board_without_further


def view_of(task: TaskResult, resamples: int = 200) -> TaskView:
    return views(board_without_further(task, resamples=resamples))[0]


def test_sizes_and_interval() -> None:
    view = view_of(fake_task(), 20)
    shown = view.scores[view.scores["metric"] == "balanced_accuracy"].drop_duplicates("test_set")
    floors = ", ".join(f"{floor:.3f} {name}" for name, floor in zip(shown["test_set"], shown["floor"], strict=True))
    assert notes(view) == [
        "in-domain: 60 patients, 93 specimens",
        "C: 30 patients, 44 specimens",
        "Scores are of patients: probabilities are averaged over a patient's specimens",
        f"Resolution floor, the smallest difference these patients can show in balanced accuracy: {floors}",
        "C: class ZBTB16-RARA has no patient and is left out of class averages",
        "class ZBTB16-RARA not evaluable in domain C: no patient",
    ]
    said = interval_definition(view.board)
    assert "patient-clustered bootstrap" in said and said.endswith("20 resamples")


def test_rare_classes_are_told_in_the_order_of_the_test_sets() -> None:
    told = [line.split(": ")[0] for line in notes(view_of(fake_task(n=36, failed=None), 20)) if "fewer than 10" in line]
    assert told == ["in-domain", "C"]


def test_a_rule_in_the_top_group_is_said() -> None:
    view = view_of(fake_task(skill={"prior": 0.0, "rules-apl": 2.0, "fusion-gnn": 2.0}, failed=None))
    (lead,) = findings(view)
    assert "do not separate" in lead and "rules-apl (rule)" in lead


def test_a_lone_leader_is_said_without_a_rule() -> None:
    view = view_of(fake_task(skill={"prior": 0.0, "rules-apl": 0.5, "fusion-gnn": 4.0}, failed=None))
    assert findings(view) == ["fusion-gnn is alone in the top tie group on balanced accuracy (in-domain)."]


def test_nothing_beats_prior() -> None:
    view = view_of(fake_task(skill={"prior": 0.0, "rules-apl": 0.0, "fusion-gnn": 0.0}, failed=None))
    assert findings(view)[1].startswith("Nothing beats prior beyond the interval on balanced accuracy: in-domain")
    assert not any("Nothing beats" in line for line in findings(view_of(fake_task())))


def test_below_prior_is_warned() -> None:
    view = view_of(fake_task(skill={"prior": 0.0, "xgboost": 2.0, "fusion-gnn": -3.0}, failed=None))
    assert "Below prior beyond noise on balanced accuracy (in-domain): fusion-gnn." in warnings(view)
    assert not any("Below" in line for line in warnings(view_of(fake_task())))


def test_protocol_warnings() -> None:
    task = fake_task(seeds=1)
    task = replace(task, trials=task.trials.assign(stale=task.trials["entry"] == "xgboost"))
    told = warnings(view_of(task, 20))
    assert (
        "Hole: cnn-spatial-attention, 2 of 3 folds; fold 2 failed: RuntimeError: loss is not finite at epoch 3" in told
    )
    assert "One seed: the spread between trainings is unknown." in told
    assert "Stale, not ranked: xgboost." in told
    assert any(line.startswith("Untuned beside tuned entries: ") and "prior" not in line for line in told)
    clean = fake_task(failed=None)
    lacking = "Controls not run: missingness-only, border-only, background-only, site-only."
    assert warnings(view_of(replace(clean, trials=clean.trials.assign(tuned=True)), 20)) == [lacking]


def test_identical_predictions_are_told() -> None:
    task = fake_task(failed=None)
    copied, probabilities = task.predictions.copy(), ["p0", "p1", "p2"]
    keys = ["seed", "fold", "role", "specimen"]
    source = copied[copied["entry"] == "xgboost"].set_index(keys)[probabilities]
    twin = copied["entry"] == "fusion-gnn"
    copied.loc[twin, probabilities] = source.loc[pd.MultiIndex.from_frame(copied.loc[twin, keys])].to_numpy()
    told = warnings(view_of(replace(task, predictions=copied.sample(frac=1, random_state=0)), 20))
    assert "Identical predictions: fusion-gnn, xgboost; they count as one." in told
    assert not any("Identical" in line for line in warnings(view_of(task, 20)))


def test_holes_are_told_by_reason() -> None:
    task = fake_task()
    trials = task.trials.copy()
    xgboost, gnn = trials["entry"] == "xgboost", trials["entry"] == "fusion-gnn"
    trials.loc[xgboost, ["status", "error"]] = ["failed", "ValueError: x"]
    trials.loc[xgboost & (trials["fold"] == 1), ["status", "error"]] = ["missing", ""]
    trials.loc[gnn, ["status", "error"]] = ["not-applicable", "needs images"]
    kept = task.predictions[~task.predictions["entry"].isin(["xgboost", "fusion-gnn"])]
    view = view_of(replace(task, trials=trials, predictions=kept), 5)
    lost = "seed 0 fold 0, 2, seed 1 fold 0, 2 failed: ValueError: x; seed 0 fold 1, seed 1 fold 1 missing"
    assert f"Hole: xgboost, 0 of 6 folds; {lost}" in warnings(view)
    assert "fusion-gnn is not applicable: needs images" in notes(view)
    assert not any("fusion-gnn" in line for line in warnings(view))


def test_summary_is_sorted_and_flagged() -> None:
    view = view_of(fake_task())
    table = summary(view)
    assert [column.name for column in table.columns] == [
        *("tie", "entry", "balanced accuracy, in-domain", "balanced accuracy, C", "AUROC, in-domain"),
        *("NLL, in-domain", "ECE, in-domain", "seconds", "flags"),
    ]
    orders = [row[2].order for row in table.rows]
    assert orders[:-1] == sorted(orders[:-1], reverse=True) and orders[-1] is None
    assert [cell.text for cell in table.rows[-1]] == [
        *("–", "cnn-spatial-attention", "hole", "hole", "hole", "hole", "hole", "9.0", "hole, untuned"),
    ]
    assert len(table.rows) == len(SKILL)


def test_binary_table_is_ordered_by_auroc_and_f1_stands_beside_its_reference() -> None:
    task = fake_task("apl-jhu", classes=("AML", "APL"), domains=("Discovery", "Validation"), failed=None)
    view = view_of(task, 20)
    assert summary(view).columns[2].name == "AUROC, in-domain"
    assert summary(view).rows[0][-1].text == "untuned, modified copy"
    headers = [column.header for column in details(view, "in-domain").columns]
    assert headers.index("always-positive F1") == headers.index("F1") + 1


def test_leave_one_domain_out_is_ordered_by_the_worst_domain() -> None:
    view = view_of(fake_task("apl-labs", in_domain=False, failed=None), 20)
    assert view.test_sets == ("worst domain", "all shifted", "A", "B", "C")
