"""What is missing is told by reason, in the order of the plan."""

from __future__ import annotations

import pandas as pd
import pytest

from leaderboard.records.holes import hole_notes, is_applicable, same_as
from leaderboard.records.results import TaskResult

Row = tuple[str, int, int, str, str]


def task(*trials: Row) -> TaskResult:
    table = pd.DataFrame(trials, columns=["entry", "seed", "fold", "status", "error"])
    return TaskResult("t", "t", "t", ("A", "B"), 1, False, (), (), pd.DataFrame(), table)


def lost(*told: tuple[int, int, str, str]) -> str:
    return hole_notes(task(("whole", 0, 0, "done", ""), *(("x", *row) for row in told)))["x"]


@pytest.mark.parametrize(
    ("trials", "said"),
    [
        ([(0, 0, "done", ""), (0, 2, "failed", "e"), (0, 1, "failed", "e")], "1 of 3 folds; fold 1, 2 failed: e"),
        ([(0, 0, "done", ""), (1, 0, "missing", "")], "1 of 2 folds; seed 1 fold 0 missing"),
        ([(1, 0, "missing", ""), (1, 1, "missing", "")], "0 of 2 folds; fold 0, 1 missing"),
        ([(0, 1, "failed", "b"), (0, 0, "failed", "a")], "0 of 2 folds; fold 1 failed: b; fold 0 failed: a"),
        ([(0, f, "failed", f"e{f}") for f in range(3)], "0 of 3 folds; fold 0 failed: e0; fold 1 failed: e1; "
         "fold 2 failed: e2"),
        ([(0, f, "failed", f"e{f}") for f in range(5)], "0 of 5 folds; fold 0 failed: e0; fold 1 failed: e1; "
         "fold 2 failed: e2; and 2 other reasons"),
        ([(0, 0, "not-applicable", "no images"), (0, 1, "not-applicable", "")], "not applicable: no images"),
        ([(0, 0, "not-applicable", ""), (0, 1, "not-applicable", "")], "not applicable"),
        ([(0, 0, "same-as", "y"), (0, 1, "same-as", "z")], "same as y"),
        ([(0, 0, "same-as", "y"), (0, 1, "done", "")], "1 of 2 folds; fold 0 same-as: y"),
        ([(0, 0, "not-applicable", ""), (0, 1, "done", "")], "1 of 2 folds; fold 0 not-applicable"),
    ],
)  # fmt: skip
def test_a_hole_is_told_by_reason(trials: list[tuple[int, int, str, str]], said: str) -> None:
    assert lost(*trials) == said


def test_holes_stand_in_the_order_of_the_plan_and_whole_entries_are_none() -> None:
    given = task(
        ("z", 0, 0, "failed", ""), ("m", 0, 0, "done", ""), ("a", 0, 0, "done", ""), ("a", 0, 1, "missing", "")
    )
    assert list(hole_notes(given)) == ["z", "a"] and given.entries == ("z", "m", "a")


def test_an_entry_that_can_run_somewhere_is_applicable_and_a_twin_is_named_once() -> None:
    given = task(("a", 0, 0, "not-applicable", ""), ("a", 0, 1, "failed", ""), ("b", 0, 0, "not-applicable", ""),
                 ("c", 0, 0, "same-as", "a"), ("c", 0, 1, "same-as", "b"), ("d", 0, 0, "done", "a"))  # fmt: skip
    assert [is_applicable(given, entry) for entry in "abcd"] == [True, False, True, True]
    assert same_as(given) == {"c": "a"}
