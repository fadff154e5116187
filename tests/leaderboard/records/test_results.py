"""What a board and a task are unless somebody says otherwise."""

from __future__ import annotations

import pandas as pd

from leaderboard.records.results import Board, Published, TaskResult
from tests.leaderboard.hand_board import hand_task


def test_what_is_not_said() -> None:
    nothing = pd.DataFrame()
    board = Board("s", "t", "p", "c", "d", "x", (), nothing, nothing, nothing, {})
    assert board.resamples == 1000
    task = TaskResult("t", "t", "t", ("a", "b"), 1, False, (), (), nothing, nothing)
    assert (task.level, task.families, task.published, task.fold_names) == ("patient", {}, (), {})
    assert Published("a", "b", "c").not_comparable == ""


def test_entries_stand_in_the_order_of_the_plan() -> None:
    assert hand_task(["z", "a", "m"]).entries == ("z", "a", "m")
