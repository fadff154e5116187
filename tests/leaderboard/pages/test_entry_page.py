"""What the page of an entry shows, from scores that were written down by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leaderboard.pages.entry_page import entry_page, family, results
from leaderboard.scores.tables import TaskView
from leaderboard.verdicts.tested import tested as what_was_tested
from tests.leaderboard.written_board import check_table, hand_board, hand_task, hand_view, texts

NAN = float("nan")
METRICS = ("balanced_accuracy", "auroc", "macro_f1", "nll", "ece")


@pytest.fixture(scope="module")
def views() -> tuple[TaskView, ...]:
    """Return four tasks: scored on two sets, a hole, the same model as another, and one that lacks the entry."""
    one = hand_task("one", "pe", flags=("modified copy",), families={"e": "deep"})
    two = hand_task("two", "ef", rung="slide", generated=True, families={"e": "classic"})
    three = hand_task("three", "pe")
    four = hand_task("four", "p", generated=True)
    two = replace(two, trials=two.trials.assign(status=["failed", "done"], error=["it broke", ""], tuned=[False, None]))
    three = replace(three, trials=three.trials.assign(status=["done", "same-as"], error=["", "p"]))
    figures = {("A", metric, "e"): (0.1 * i, 0.1 * i - 0.05, 0.1 * i + 0.05, i) for i, metric in enumerate(METRICS, 2)}
    figures |= {("in-domain", metric, "e"): (0.7, 0.6, 0.8, 0) for metric in METRICS}
    figures["in-domain", "nll", "e"] = (NAN, NAN, NAN, 0)
    nothing = {("A", metric, e): (NAN, NAN, NAN, 0) for metric in METRICS for e in "ef"}
    alike = {("A", metric, e): (v, v, v, v == 0.5) for metric in METRICS for e, v in (("p", 0.5), ("e", NAN))}
    plain = {("A", metric, "p"): (0.5, 0.4, 0.6, 1) for metric in METRICS}
    scores = {"one": figures | {(s, m, "p"): (0.2, 0.1, 0.3, 2) for s, m, _ in figures}, "two": nothing}
    tasks = [one, two, three, four]
    board = hand_board(scores | {"three": alike, "four": plain}, tasks)  # type: ignore[arg-type]
    return tuple(TaskView(board, task) for task in tasks)


def test_a_row_is_a_task_and_test_set_with_its_figures(views: tuple[TaskView, ...]) -> None:
    table = results("e", views[:3])
    check_table(table)
    heads = [column.header for column in table.columns]
    assert heads == [
        "task", "test set", "tie", "balanced accuracy", "AUROC", "macro F1", "NLL", "ECE", "seconds", "flags",
    ]  # fmt: skip
    better = {column.header: column.meaning for column in table.columns}
    assert all(better[name] == "Higher is better" for name in heads[3:6])
    assert all(better[name] == "Lower is better" for name in heads[6:8])
    assert texts(table) == [
        ["one", "in-domain", "–", "0.700", "0.700", "0.700", "–", "0.700", "2.0", "modified copy"],
        ["one", "A", "2", "0.200", "0.300", "0.400", "0.500", "0.600", "2.0", "modified copy"],
        ["two", "A", *["–"] * 6, "1.0", "hole, untuned"],
        ["three", "A", *["–"] * 6, "2.0", "same as p"],
    ]
    assert table.rows[1][4].interval == "[0.250, 0.350]" and table.rows[1][4].order == pytest.approx(0.3)
    assert [row[0].interval for row in table.rows] == ["", "", "leaky, for demonstration", ""]


def test_what_was_not_scored_is_a_dash() -> None:
    view = hand_view(hand_task("t", "pe"), {("A", "balanced_accuracy", "p"): (0.5, 0.4, 0.6, 1)})
    assert texts(results("e", (view,))) == [["t", "A", *["–"] * 6, "2.0", ""]]
    assert texts(results("p", (view,))) == [["t", "A", "1", "0.500", *["–"] * 4, "1.0", ""]]


def test_the_page_tells_what_is_missing_and_where_else_to_look(views: tuple[TaskView, ...]) -> None:
    tests = {view.task.name: what_was_tested(view) for view in views}
    page = entry_page("e", views, tests)
    assert page["title"] == "e" and page["generated"] is True and page["family"] == "deep, classic, not stated"
    assert page["holes"] == [
        "Hole, two: 0 of 1 folds; fold 0 failed: it broke",
        "three: the same model as p; its scores are in that row",
    ]
    assert len(page["results"].rows) == 4  # type: ignore[attr-defined]
    assert [row[0] for row in texts(page["costs"])] == ["one"]  # type: ignore[arg-type]
    other = entry_page("p", (views[0], views[2]), tests)
    assert other["generated"] is False and other["holes"] == [] and other["family"] == "not stated"
    assert [row[0] for row in texts(other["costs"])] == ["one", "three"]  # type: ignore[arg-type]
    assert family("e", views[:1]) == "deep"


def test_a_name_of_nothing_still_heads_its_page(views: tuple[TaskView, ...]) -> None:
    task = hand_task("t", ["\u202e"])
    board = hand_board({"t": {("A", metric, "\u202e"): (0.5, 0.4, 0.6, 1) for metric in METRICS}}, [task])
    view = TaskView(board, task)
    assert entry_page("\u202e", (view,), {"t": what_was_tested(view)})["title"] == "entry without a name"
