"""One bad entry becomes a named hole; the table of the others is what it would be without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leaderboard.boards.board import build
from leaderboard.records.quarantine import quarantined
from leaderboard.records.results import TaskResult
from leaderboard.scores.score import score
from tests.leaderboard.fake_board import fake_task

FACTS = {"suite": "s", "title": "t", "profile": "quick", "commit": "c", "date": "d", "command": "x"}


def of_xgboost(task: TaskResult, change) -> TaskResult:
    mine = task.predictions["entry"] == "xgboost"
    changed = change(task.predictions[mine].reset_index(drop=True))
    return replace(task, predictions=pd.concat([task.predictions[~mine], changed], ignore_index=True))


def set_first(column: str, value: object):
    def change(rows: pd.DataFrame) -> pd.DataFrame:
        rows[column] = rows[column].astype(object)
        rows.loc[0, column] = value
        return rows

    return change


def everywhere(column: str, value: object):
    def change(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(**{column: rows[column].mask(rows["specimen"] == rows["specimen"].iloc[0], value)})

    return change


def other_folds(rows: pd.DataFrame) -> pd.DataFrame:
    inside = rows["role"] == "test"
    return rows.assign(fold=np.where(inside, (rows["fold"] + 1) % 3, rows["fold"]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (set_first("p0", np.nan), "not finite"),
        (set_first("p0", 7.0), "do not sum to 1"),
        (set_first("y", 9), "not a class index"),
        (set_first("patient", "stranger"), "two patients, domains or labels"),
        (everywhere("patient", "stranger"), "what most entries do not"),
        (everywhere("domain", "B"), "what most entries do not"),
        (everywhere("domain", ""), "what most entries do not"),
        (everywhere("patient", "A stranger"), "what most entries do not"),
        (everywhere("y", 2), "what most entries do not"),
        (set_first("role", "valid"), "neither 'test' nor"),
        (lambda rows: rows.iloc[1:], "lack a prediction"),
        (lambda rows: pd.concat([rows, rows.head(1)]), "a prediction twice"),
        (other_folds, "another split"),
        (lambda rows: rows.iloc[:0], "done without predictions"),
    ],
)
def test_a_bad_entry_is_set_aside_with_its_reason(change, said):
    task = fake_task(failed=None, n=45)
    clean, reasons = quarantined(of_xgboost(task, change))
    assert list(reasons) == ["xgboost"]
    assert said in reasons["xgboost"]
    scores = score(clean, resamples=6)
    hole = scores[scores["entry"] == "xgboost"]
    assert hole["value"].isna().all()
    assert hole["note"].str.contains("quarantined").all()
    assert scores.loc[scores["entry"] == "fusion-gnn", "value"].notna().any()


def test_a_board_scores_what_is_left():
    bad = of_xgboost(fake_task(failed=None, n=45), set_first("p0", np.nan))
    board = build([bad], **FACTS, resamples=6)
    pd.testing.assert_frame_equal(board.scores, score(quarantined(bad)[0], resamples=6))
    pd.testing.assert_frame_equal(board.tasks[0].trials, quarantined(bad)[0].trials)


def test_nothing_is_set_aside_from_a_good_task():
    for task in (fake_task(), fake_task("apl-labs", in_domain=False, failed=None)):
        clean, reasons = quarantined(task)
        assert reasons == {}
        pd.testing.assert_frame_equal(clean.trials, task.trials)
        pd.testing.assert_frame_equal(clean.predictions, task.predictions)


@pytest.mark.parametrize("other", ["D1", "zzz"])
def test_where_two_entries_say_two_things_one_of_them_is_set_aside(other):
    """No third decides; the same one is then wrong about all forty patients, or nothing would be left."""
    task = fake_task(failed=None, n=45)
    kept = task.predictions["entry"].isin(["xgboost", "fusion-gnn"])
    both = task.predictions[kept].reset_index(drop=True)
    moved = both.assign(domain=both["domain"].mask((both["entry"] == "xgboost") & (both["role"] == "test"), other))
    trials = task.trials[task.trials["entry"].isin(["xgboost", "fusion-gnn"])].reset_index(drop=True)
    clean, reasons = quarantined(replace(task, predictions=moved, trials=trials))
    assert len(reasons) == 1
    assert set(clean.predictions["entry"]) == {"xgboost", "fusion-gnn"} - set(reasons)


def of_unseen(task: TaskResult, change) -> TaskResult:
    """Return the task with 8 unseen patients, of whom xgboost says something else."""
    inside = task.predictions[task.predictions["role"] == "test"]
    first = inside.groupby(["entry", "seed", "fold"]).head(8)
    names = "U" + first.groupby(["entry", "seed", "fold"]).cumcount().astype(str)
    ood = first.assign(role="ood:Z", y=-1, specimen=names, patient=names, domain="A").reset_index(drop=True)
    mine = ood["entry"] == "xgboost"
    changed = change(ood[mine].reset_index(drop=True))
    return replace(task, ood=pd.concat([ood[~mine], changed], ignore_index=True))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (everywhere("domain", "B"), "says of an unseen specimen what most do not: 'U0'"),
        (everywhere("patient", "stranger"), "says of an unseen specimen what most do not: 'U0'"),
        (everywhere("role", "ood:Y"), "says of an unseen specimen what most do not: 'U0'"),
        (set_first("p0", np.nan), "ood probabilities"),
        (lambda rows: rows[rows["specimen"] != "U3"], "3 specimens lack a prediction, first: 'U3', ood:Z of fold 0"),
        (everywhere("specimen", "U9"), "another split: seed 1 predicts 'U9' as ood:Z of fold 0"),
    ],
)
def test_an_entry_that_says_otherwise_of_unseen_patients_is_set_aside(change, said):
    given = of_unseen(fake_task(failed=None, n=45), change)
    clean, reasons = quarantined(given)
    assert list(reasons) == ["xgboost"] and said in reasons["xgboost"]
    assert "xgboost" not in set(clean.ood["entry"]) and len(set(clean.ood["entry"])) == 4
    assert list(clean.ood.index) == list(range(len(clean.ood)))


@pytest.mark.parametrize("column", ["patient", "specimen"])
def test_one_entry_alone_that_calls_a_tested_patient_unseen_is_set_aside(column):
    task = fake_task(failed=None, n=45)
    given = of_unseen(task, lambda rows: rows)
    mine = given.predictions[given.predictions["entry"] == "xgboost"]
    others = given.predictions[given.predictions["entry"] != "xgboost"]
    ood = given.ood[given.ood["entry"] == "xgboost"]
    name = others.loc[others["role"] == "test", column].iloc[0]
    untested = mine[mine[column] != name]
    told = ood.assign(**{column: ood[column].replace("U0", name)})
    only = replace(given, predictions=pd.concat([others, untested], ignore_index=True), ood=told)
    reasons = quarantined(only)[1]
    assert list(reasons) == ["xgboost"]


def test_half_of_the_entries_are_enough_to_be_usual():
    """Of two entries either split is usual, so that the first in the alphabet lacks what the other has."""
    task = fake_task(failed=None, n=45, skill={"a": 1.0, "b": 1.0})
    lost = (task.predictions["entry"] == "b") & (task.predictions["specimen"] == task.predictions["specimen"].iloc[0])
    clean, reasons = quarantined(replace(task, predictions=task.predictions[~lost]))
    assert list(reasons) == ["b"] and "1 specimens lack a prediction, first: " in reasons["b"]
    assert set(clean.predictions["entry"]) == {"a"}
    hole = clean.trials[clean.trials["entry"] == "b"]
    assert set(hole["status"]) == {"failed"} and set(hole["error"]) == {f"quarantined: {reasons['b']}"}
    assert set(clean.trials.loc[clean.trials["entry"] == "a", "status"]) == {"done"}
