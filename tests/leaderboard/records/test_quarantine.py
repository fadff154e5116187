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
