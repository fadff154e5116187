"""Tables of a board whose scores are written by hand: order, headings, cells and flags."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from leaderboard.measures.metrics import metrics_for
from leaderboard.scores.tables import FLAGS, Cell, Column, TaskView, details, summary, views
from tests.leaderboard.hand_board import hand_task, hand_view, score, with_status

SETS = ("B", "all shifted", "A", "worst domain", "in-domain")
HEAD = "balanced_accuracy"


def task(**changed: object):
    given = hand_task(["second", "first", "hole", "unfit", "twin", "blank"], flags=("modified copy",), **changed)
    for entry, status, error in (
        ("hole", "failed", "e"),
        ("unfit", "not-applicable", "x"),
        ("twin", "same-as", "first"),
    ):
        given = with_status(given, entry, status, error)
    seconds = np.where(given.trials["entry"] == "first", 20.0, 0.5)
    stale = (given.trials["entry"] == "second") & (given.trials["seed"] == 0)
    tuned = given.trials["tuned"].astype(object).mask(stale, False).mask(given.trials["entry"] == "first", None)
    return replace(given, trials=given.trials.assign(seconds=seconds, stale=stale, tuned=tuned))


def view() -> TaskView:
    told = {("second", "in-domain", HEAD): score(0.7, 2), ("first", "in-domain", HEAD): score(0.8, 1)}
    told[("second", "in-domain", "nll")] = score(0.25)
    told[("first", "A", "nll")] = {"value": 0.5}
    return hand_view(task(), told, SETS)


def test_test_sets_and_entries_stand_in_reading_order() -> None:
    assert view().test_sets == ("in-domain", "worst domain", "all shifted", "B", "A")
    assert view().entries == ("first", "second", "hole", "unfit", "twin", "blank")
    two = hand_task(["a", "b"], n_classes=2)
    tied = hand_view(two, {(e, "in-domain", "auroc"): score(v) for e, v in (("b", 0.6), ("a", 0.6))})
    assert tied.entries == ("a", "b") and tied.headline.name == "auroc"


def test_the_summary_cell_by_cell() -> None:
    table = summary(view())
    assert [column.name for column in table.columns] == [
        "tie", "entry", *(f"balanced accuracy, {name}" for name in view().test_sets),
        "AUROC, in-domain", "NLL, in-domain", "ECE, in-domain", "seconds", "flags",
    ]  # fmt: skip
    assert [column.numeric for column in table.columns] == [True, False] + [True] * 9 + [False]
    assert [column.optional for column in table.columns] == [False] * 3 + [True] * 8 + [False]
    rows = {row[1].text: row for row in table.rows}
    assert rows["first"][0] == Cell("1", order=1) and rows["hole"][0] == Cell("–")
    assert rows["first"][2] == Cell("0.800", "[0.700, 0.900]", 0.8)
    assert rows["second"][8] == Cell("0.250", "[0.150, 0.350]", 0.25)
    assert [rows[name][2].text for name in ("hole", "unfit", "twin", "blank")] == [
        "hole",
        "n/a",
        "same",
        "not evaluable",
    ]
    assert rows["first"][-2] == Cell("80.0", order=80.0) and rows["second"][1] == Cell("second", order="second")
    assert {name: row[-1].text for name, row in rows.items()} == {
        "first": "modified copy", "second": "stale, untuned, modified copy", "blank": "modified copy",
        "hole": "hole, modified copy", "unfit": "not applicable", "twin": "same as first",
    }  # fmt: skip
    assert table.title == "t, best first by balanced accuracy, in-domain"


def test_details_hold_every_metric_and_no_interval_where_none_is_known() -> None:
    table = details(view(), "A")
    assert [column.header for column in table.columns] == ["entry", *(metric.label for metric in metrics_for(3))]
    nll = [metric.name for metric in metrics_for(3)].index("nll") + 1
    assert [row[0].text for row in table.rows] == list(view().entries)
    assert table.rows[0][nll] == Cell("0.500", "", 0.5) and table.title == "t, every metric, A"
    assert "lower is better" in table.columns[nll].meaning and "higher is better" in table.columns[1].meaning
    two = hand_view(hand_task(["a"], n_classes=2), {})
    meanings = {column.header: column.meaning for column in details(two, "in-domain").columns}
    assert "a property of the labels" in meanings["always-positive F1"]
    assert [column.name for column in summary(two).columns[2:5]] == [
        "AUROC, in-domain", "balanced accuracy, in-domain", "NLL, in-domain"]  # fmt: skip
    assert Column("a", "b").name == "a" and Column("a", "b", "c").name == "a, c"


def test_what_is_derived_of_a_task() -> None:
    seen = view()
    assert seen.unfit == {"unfit"} and seen.same == {"twin": "first"} and list(seen.holes) == ["hole", "unfit", "twin"]
    assert (seen.row("twin"), seen.row("second")) == ("first", "second")
    assert seen.seconds == {"second": 2.0, "first": 80.0, "hole": 2.0, "unfit": 2.0, "twin": 2.0, "blank": 2.0}
    assert list(seen.trials) == list(seen.task.entries) and len(seen.trials["hole"]) == 4
    assert seen.cells["first", "in-domain", HEAD] == (0.8, 0.8 - 0.1, 0.8 + 0.1, 1)
    assert seen.cells["blank", "in-domain", HEAD].tie == 0
    assert seen.at("A", "nll")["entry"].tolist() == list(seen.task.entries)
    assert set(FLAGS) == {"hole", "not applicable", "same as", "stale", "untuned", "modified copy"}


def test_further_tables_are_those_of_the_task_or_of_its_ladder() -> None:
    of_task = pd.DataFrame({"task": ["t", "u", "t"], "n": [1, 2, 3]})
    ladder = pd.DataFrame({"ladder": ["l", "m"], "task": ["u", "t"], "n": [1, 2]})
    seen = hand_view(task(ladder="l"), {}, further={"cost": of_task, "ladder": ladder})
    assert seen.further["cost"]["n"].tolist() == [1, 3] and seen.further["ladder"]["n"].tolist() == [1]
    assert [one.task.name for one in views(seen.board)] == ["t"] and views(seen.board) is views(seen.board)
    both = pd.concat([seen.board.scores, seen.board.scores.assign(task="u")], ignore_index=True)
    assert len(TaskView(replace(seen.board, scores=both), seen.task).scores) == len(seen.board.scores)
