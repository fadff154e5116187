"""What the page of a task shows, against scikit-learn and from tables that were written down by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from leaderboard.pages.site_links import Pages
from leaderboard.pages.task_page import cost_table, first_set, hole_table, overview, scores_page, task_page, with_family
from leaderboard.questions.compute_cost import costs
from leaderboard.questions.pairs import pairs
from leaderboard.records.results import Board, Published, TaskResult
from leaderboard.scores.detail_score import detail
from leaderboard.scores.score import score
from leaderboard.scores.tables import Cell, Column, Table, TaskView
from leaderboard.text.links import file_name
from tests.leaderboard.fake_board import fake_task
from tests.leaderboard.shared_board import FACTS
from tests.leaderboard.written_board import check_table, hand_task, hand_view, texts

NAN = float("nan")
SKILL = {"prior": 0.0, "b": 1.0, "a": 3.0, "lost": 1.0}


def small(**changed: Any) -> TaskResult:
    facts = {"n": 36, "seeds": 2, "folds": 3, "skill": SKILL, "failed": "lost"} | changed
    return replace(fake_task(**facts), families={"a": "deep", "b": "classic", "prior": "control"})


def scored(task: TaskResult) -> TaskView:
    """Return the task on a board of few resamples and permutations."""
    told = {"pairs": pairs(task, resamples=3, permutations=3), "details": detail(task, resamples=2)}
    board = Board(**FACTS, tasks=(task,), scores=score(task, resamples=3), further={}, **told)
    return TaskView(board, task)


@pytest.fixture(scope="module")
def view() -> TaskView:
    return scored(small())


@pytest.fixture(scope="module")
def page(view: TaskView) -> dict[str, Any]:
    return task_page(view, Pages((view,)), {"shared": 1}, pictures=True)


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (("test:B", "test:C", "test"), "in-domain"),
        (("test:B", "test:C"), "all shifted"),
        (("test:B",), "B"),
        ((), "B"),
    ],
)
def test_pictures_show_the_set_that_orders_the_table(roles: tuple[str, ...], expected: str) -> None:
    facts = {"seed": 0, "fold": 0, "p0": 0.5, "p1": 0.25, "p2": 0.25, "y": 0}
    rows = [
        {**facts, "entry": entry, "role": role, "specimen": name, "patient": name, "domain": role[5:] or "A"}
        for entry in ("x", "y", "z")
        for role in roles
        for name in (f"{role}{i}" for i in range(3))
    ]
    columns = ["entry", "seed", "fold", "role", "specimen", "patient", "domain", "y", "p0", "p1", "p2"]
    task = hand_task("t", "xyz", predictions=pd.DataFrame(rows, columns=columns))
    task = replace(task, trials=task.trials.assign(status=["done", "failed", "done"]))
    scores = {("B", "balanced_accuracy", e): (v, v, v, 1) for e, v in (("x", 0.1), ("y", NAN), ("z", 0.9))}
    name, told = first_set(hand_view(task, scores))
    assert name == expected and list(told) == (["z", "x"] if roles else [])
    assert all(len(r.y) == 3 * (len(roles) if expected == "all shifted" else 1) for rs in told.values() for r in rs)


def test_matrices_are_scikit_learns_best_entry_first(view: TaskView, page: dict[str, Any]) -> None:
    assert [item["entry"] for item in page["matrices"]] == ["a", "b", "prior"] and page["first"] == "in-domain"
    rows = view.task.predictions.query("entry == 'a' and role == 'test'")
    found = []
    for _, part in rows.groupby("seed"):
        mean = part.groupby(["patient", "y"])[["p0", "p1", "p2"]].mean().reset_index()
        y = mean["y"].to_numpy()
        found.append(confusion_matrix(y, mean[["p0", "p1", "p2"]].to_numpy().argmax(axis=1), normalize="true"))
    share, n = np.mean(found, axis=0), np.bincount(y)
    matrix = page["matrices"][0]
    assert matrix["classes"] == [row["name"] for row in matrix["rows"]] == list(view.task.classes)
    assert [row["patients"] for row in matrix["rows"]] == n.tolist()
    for i, j in np.ndindex(3, 3):
        cell = matrix["rows"][i]["cells"][j]
        assert (cell["text"], cell["share"]) == (f"{share[i, j]:.0%}", f"{share[i, j]:.2f}")
        if share[i, j] in (0, 1):
            bounds = binomtest(round(n[i] * share[i, j]), n[i]).proportion_ci(0.95, "exact")
            assert cell["interval"] == f"[{bounds.low:.0%}, {bounds.high:.0%}]"


def test_the_positive_class_comes_second_and_nobody_has_no_share() -> None:
    task = small(classes=("AML", "APL"), domains=("A", "B"), seeds=1, failed=None)
    task = replace(task, predictions=task.predictions[task.predictions["y"] == 1], positive=0)
    told = scored(task)
    matrix = task_page(told, Pages((told,)), {}, pictures=True)["matrices"][0]  # type: ignore[index]
    assert matrix["classes"] == ["APL", "AML"]
    rows = {row["name"]: row for row in matrix["rows"]}
    assert rows["AML"]["patients"] == 0
    assert rows["AML"]["cells"] == [{"share": "0", "text": "–", "interval": ""}] * 2
    assert rows["APL"]["cells"][0]["text"].endswith("%") and rows["APL"]["cells"][0]["interval"]


def test_the_page_holds_what_is_known_of_the_task(view: TaskView, page: dict[str, Any]) -> None:
    assert page["shared"] == 1 and page["title"] == "apl-sim" and page["generated"] is True
    assert page["dataset_href"] == file_name("dataset", "apl-sim") and page["ordered"] == "in-domain"
    assert page["headline"] == "balanced accuracy" and page["unit"] == "patients" and page["further"] == []
    assert [table.title for table in page["details"]] == [
        f"apl-sim, every metric, {name}" for name in ("in-domain", "C")
    ]
    assert page["scores_pages"] == [(file_name("scores", "apl-sim", name), name) for name in ("in-domain", "C")]
    assert texts(page["published"]) == [] and [row[0] for row in texts(page["holes"])] == ["lost"]
    assert len(page["pairs"].rows) == 3
    drawn = page["pictures"]
    assert "<svg" in drawn["forest"] and "<svg" in drawn["risk"] and len(drawn["pareto"]) == 1
    assert [name for name, _ in drawn["reliability"]] == ["a", "b", "prior"]
    plain = task_page(view, Pages((view,)), {}, pictures=False)
    assert plain["first"] == plain["ordered"] == "in-domain"
    assert plain["matrices"] == [] and not any(plain["pictures"].values())  # type: ignore[attr-defined]


def test_a_leaky_task_says_so_in_every_title(view: TaskView) -> None:
    leaky = TaskView(replace(view.board), replace(view.task, rung="slide", published=(Published("1", "p", "c"),)))
    told: dict[str, Any] = task_page(leaky, Pages((leaky,)), {}, pictures=False)
    scored: dict[str, Any] = scores_page(leaky, "C")
    first: dict[str, Any] = overview(leaky)
    mark = " (leaky, for demonstration)"
    assert told["title"] == f"apl-sim{mark}" and scored["title"] == f"apl-sim, C: detailed scores{mark}"
    titles = [*(table.title for table in told["details"]), first["summary"].title, told["costs"].title]
    assert all(title.endswith(mark) for title in titles)
    assert [row[0] for row in texts(told["published"])] == ["1"]


def test_the_overview_says_what_each_entry_is(view: TaskView) -> None:
    told: dict[str, Any] = overview(view)
    table = told["summary"]
    check_table(table)
    assert [column.header for column in table.columns][:4] == ["tie", "entry", "family", "balanced accuracy"]
    assert [row[1:3] for row in texts(table)] == [
        ["a", "deep"], ["b", "classic"], ["prior", "control"], ["lost", "not stated"],
    ]  # fmt: skip
    assert told["task"] is view.task and told["href"] == file_name("task", "apl-sim")
    assert any("lost" in line for line in told["warnings"]) and "95 %" in told["interval"]
    at_end = Table("", (Column("x", "X"), Column("entry", "E", numeric=False)), ((Cell("1", order=1), Cell("a")),) * 4)
    assert [c.header for c in with_family(view, at_end).columns] == ["x", "entry", "family"]


def test_scores_of_a_set_tell_its_size(view: TaskView) -> None:
    told: dict[str, Any] = scores_page(view, "C")
    tested = view.task.predictions.query("role == 'test:C'")
    assert told["sizes"] == f"{tested['patient'].nunique()} patients, {tested['specimen'].nunique()} specimens"
    assert told["task"] is view.task and told["task_href"] == file_name("task", "apl-sim") and told["generated"] is True
    assert told["title"] == "apl-sim, C: detailed scores" and all(
        "C, scored by" in table.title for table in told["tables"]
    )


def test_costs_stand_beside_the_score_and_holes_say_why() -> None:
    task = hand_task("t", "abcd", families={"a": "deep"})
    trials = task.trials.assign(latency_ms=[0.5, 0.0001, NAN, 2.0], status=["done", "done", "done", "failed"])
    task = replace(task, trials=trials.assign(error=["", "", "", "it broke"]))
    values = {"a": 0.8, "b": 0.9, "c": 0.1, "d": NAN}
    scores = {("A", "balanced_accuracy", e): (v, v, v, 1) for e, v in values.items()}
    view = hand_view(task, scores)
    table = cost_table(view, costs(view))
    check_table(table)
    assert table.title == "t, score against cost" and table.columns[2].where == "A"
    assert [column.header for column in table.columns] == [
        "entry", "family", "balanced accuracy", "seconds a trial", "ms a specimen", "unbeaten on",
    ]  # fmt: skip
    assert texts(table) == [
        ["b", "other", "0.900", "2.00", "<0.001", "ms a specimen"],
        ["a", "deep", "0.800", "1.00", "0.500", "–"],
        ["c", "other", "0.100", "3.00", "not counted", "–"],
    ]
    holes = hole_table(view)
    check_table(holes)
    assert holes.title == "t, holes" and texts(holes) == [["d", "0 of 1 folds; fold 0 failed: it broke"]]
