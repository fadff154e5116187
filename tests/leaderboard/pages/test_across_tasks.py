"""Ranks and wins over tasks, against ranks of pandas and counts by hand on boards that were written down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from leaderboard.pages.across_tasks import across_tasks, complete_scores
from leaderboard.scores.tables import TaskView
from tests.leaderboard.written_board import check_table, hand_board, hand_task, texts

ENTRIES = ("a", "b", "c", "d", "z")


def told(values: pd.DataFrame, *, pictures: bool = False, **tables: object) -> dict[str, Any]:
    """Return what is said of balanced accuracies, one row a task; NaN has no result."""
    tasks = [hand_task(name, list(values), generated=name.endswith("sim")) for name in values.index]
    scores = {
        name: {("in-domain", "balanced_accuracy", e): (v, v, v, 1) for e, v in row.items()}
        | {("A", "balanced_accuracy", e): (1 - v, v, v, 1) for e, v in row.items()}
        for name, row in values.iterrows()
    }
    board = hand_board(scores, tasks, **tables)  # type: ignore[arg-type]
    return across_tasks(board, tuple(TaskView(board, task) for task in tasks), pictures=pictures)


def in_two_groups(n: int = 12) -> pd.DataFrame:
    """Return scores of which a and b, and c and d, take turns to lead, the first two always well ahead; z is last."""
    turn = 0.01 * (-1.0) ** np.arange(n) * (1 + np.arange(n))
    values = {"z": 0.1 + turn, "d": 0.4 + turn, "a": 0.8 + turn, "c": 0.4 - 0.5 * turn, "b": 0.8 - 0.5 * turn}
    return pd.DataFrame(values, index=[f"t{i}" for i in range(n)])


def test_ranks_are_those_of_pandas_and_groups_are_counted_from_one() -> None:
    values = in_two_groups()
    values.iloc[3] = [0.1, 0.4, 0.8, 0.4, 0.8]
    page = told(values)
    table = page["rank_table"]
    expected = values.rank(axis=1, ascending=False).mean().sort_values()
    assert [row[1].order for row in table.rows] == pytest.approx(expected.tolist())
    assert [row[1] for row in texts(table)] == [f"{rank:.2f}" for rank in expected]
    assert {row[0]: row[2] for row in texts(table)} == {"a": "1", "b": "1", "c": "2", "d": "2", "z": "–"}
    assert "12 tasks" in table.columns[1].meaning and page["lines"] == [] and page["ranks"] == ""
    check_table(table)


def test_an_entry_of_two_groups_names_both() -> None:
    even = 0.5 + 0.02 * np.arange(14)
    swings = even + 0.1 * (-1.0) ** np.arange(14)
    values = pd.DataFrame({"c": even - 0.001, "b": swings, "a": even + 0.001}, index=[f"t{i}" for i in range(14)])
    rows = {row[0]: row[2] for row in texts(told(values)["rank_table"])}
    assert rows == {"a": "1", "b": "1, 2", "c": "2"}


@pytest.mark.parametrize(
    ("n_tasks", "entries", "said"),
    [
        (5, "ab", ["No critical-difference diagram: 5 tasks, a Wilcoxon test over tasks needs 6."]),
        (6, "ab", []),  # 1 pair: 2 / 64 < .05
        (6, "abz", ["6 tasks are too few to tell any of 3 pairs apart: one group says nothing."]),  # 6 / 64
        (7, "abz", []),  # 6 / 128
        (7, "abcz", ["7 tasks are too few to tell any of 6 pairs apart: one group says nothing."]),
        (6, "a", ["No critical-difference diagram: fewer than two entries have a result on every task."]),
    ],
)
def test_what_the_number_of_tasks_and_entries_allows(n_tasks: int, entries: str, said: list[str]) -> None:
    page = told(in_two_groups(n_tasks)[list(entries)])
    assert page["lines"] == said
    assert (page["rank_table"] is None) == (said != [] and said[0].startswith("No "))


def test_generated_tasks_are_named_first_and_entries_without_a_result_last() -> None:
    values = in_two_groups(8).rename(index={"t1": "t1-sim", "t4": "t4-sim"})
    values.loc["t2", "c"] = values.loc["t3", "z"] = np.nan
    generated, left_out = told(values)["lines"]
    assert generated == "t1-sim, t4-sim: generated cohort: figures describe algorithms, not patients."
    assert left_out == "Not ranked, for want of a result on some task: z, c."
    assert told(values.iloc[:5])["lines"][0] == generated


def test_a_twin_ranks_where_its_model_does_and_only_the_first_test_set_counts() -> None:
    values = in_two_groups(6)[["a", "b", "c"]]
    values.loc["t0", "b"] = np.nan
    tasks = [hand_task(name, list(values)) for name in values.index]
    twin = tasks[0].trials.assign(status=["done", "same-as", "done"], error=["", "c", ""])
    tasks[0] = replace(tasks[0], trials=twin)
    scores = {
        n: {("in-domain", "balanced_accuracy", e): (v, v, v, 1) for e, v in r.items()} for n, r in values.iterrows()
    }
    board = hand_board(scores, tasks)  # type: ignore[arg-type]
    found = complete_scores(tuple(TaskView(board, task) for task in tasks))
    expected = values.assign(b=values["b"].fillna(values["c"]))
    pd.testing.assert_frame_equal(found[["a", "b", "c"]], expected, check_names=False)


def test_wins_are_counted_on_two_tasks_or_more() -> None:
    rows = [
        ("t", "a", "b", 0.1),
        ("u", "a", "b", -0.1),
        ("v", "b", "a", 0.2),
        ("t", "a", "c", 0.3),
        ("u", "c", "b", 0.0),
    ]
    pairs = pd.DataFrame(rows, columns=["task", "a", "b", "difference"])
    values = in_two_groups(3)
    one = told(values, pairs=pairs[pairs["task"] == "t"])
    assert one["win_table"] is None and one["wins"] == ""
    page = told(values, pairs=pairs[pairs["task"] != "v"], pictures=False)
    table = page["win_table"]
    check_table(table)
    # a: 1 of 2 against b, 1 of 1 against c; b: 1 of 2 and a draw; c: none and a draw
    assert [c.header for c in table.columns] == ["entry", "a", "b", "c"] and page["wins"] == ""
    assert texts(table) == [["a", "–", "50%", "100%"], ["b", "50%", "–", "50%"], ["c", "0%", "50%", "–"]]
    drawn = told(values, pairs=pairs, pictures=True)
    assert "<svg" in drawn["wins"] and ["b", "67%", "–", "50%"] in texts(drawn["win_table"])
