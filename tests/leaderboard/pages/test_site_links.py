"""Which page is about what."""

from __future__ import annotations

import pandas as pd

from leaderboard.pages.site_links import Pages
from leaderboard.scores.tables import TaskView
from leaderboard.text.links import file_name
from tests.leaderboard.written_board import hand_board, hand_task


def test_every_name_leads_to_its_page_and_only_scored_test_sets_have_one() -> None:
    tasks = [
        hand_task("t", "ba", dataset="two"),
        hand_task("u", "ac", dataset="one"),
        hand_task("v", "c", dataset="two"),
    ]
    figure = (0.5, 0.4, 0.6, 1)
    scores = {t.name: {(s, "balanced_accuracy", "a"): figure for s in ("B", "A", "in-domain")} for t in tasks}
    told = [("t", "B"), ("t", "in-domain"), ("t", "B"), ("u", "A")]
    board = hand_board(scores, tasks, details=pd.DataFrame(told, columns=["task", "test_set"]))
    views = tuple(TaskView(board, task) for task in tasks)
    pages = Pages(views)
    assert pages.entries == ("b", "a", "c") and pages.datasets == ("two", "one")
    assert pages.scores(views[0]) == [(file_name("scores", "t", name), name) for name in ("in-domain", "B")]
    assert pages.scores(views[1]) == [(file_name("scores", "u", "A"), "A")] and pages.scores(views[2]) == []
    links = pages.links
    entries = {name: file_name("entry", name) for name in "bac"}
    assert links["entry"] == links["a"] == links["b"] == entries
    assert links["task"] == {name: file_name("task", name) for name in "tuv"}
    assert links["dataset"] == {name: file_name("dataset", name) for name in ("two", "one")}
    assert all(target.startswith("claims.html#") for target in links["claim"].values()) and links["claim"]
