"""Which rows and tables a page of further tables shows, in which order, from tables that were written down by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from leaderboard.pages.further_page import further_page, further_pages, rows_of
from leaderboard.records.scored_unit import NO_IDS
from leaderboard.scores.tables import TaskView
from leaderboard.text.links import file_name
from tests.leaderboard.written_board import hand_task, hand_view, texts

SCORES = {("in-domain", "balanced_accuracy", e): (v, v, v, 1) for e, v in (("a", 0.4), ("b", 0.9), ("c", 0.5))}


def table(task: str, entries: str, **columns: object) -> pd.DataFrame:
    facts = {"task": task, "test_set": "in-domain", "value": 0.5, "low": 0.4, "high": 0.6, "n_patients": 20, "note": ""}
    return pd.DataFrame({"entry": list(entries), **facts | columns})


def view_of(**changed: Any) -> TaskView:
    cost = table("t", "xacb", metric="cost").replace({"entry": {"x": "always abstain"}})
    further = {
        "cost": pd.concat([table("u", "cab", metric="cost"), cost], ignore_index=True),
        "selection": table("t", "a", metric="m", rule="r", seen=0.5, behind_best=0, behind_low=0, behind_high=0,
                           chosen="a").drop(columns="entry"),
        "oracle": table("u", "a", metric="kl"),
        "strata-gaps": table("t", "ab", by="sex", metric="auroc", best="f", worst="m", gap=0.1, **{"class": ""}),
    }  # fmt: skip
    return hand_view(hand_task("t", "abc", **changed), SCORES, further=further, resamples=50)


def test_a_page_is_made_for_each_group_of_which_the_task_has_rows() -> None:
    found = further_pages(view_of())
    assert [(title, names) for _, title, names in found] == [
        ("What decisions are worth", ("cost",)),
        ("Oracle, spread and selection", ("selection",)),
        ("Strata", ("strata-gaps",)),
    ]
    assert [href for href, _, _ in found] == [file_name("task", "t", title) for _, title, _ in found]


def test_rows_are_best_entry_first_and_references_last_and_stay_in_order_within() -> None:
    assert rows_of(view_of(), "cost")["entry"].tolist() == ["b", "c", "a", "always abstain"]
    view = view_of()
    twice = pd.concat([table("t", "ab", metric=m) for m in ("z", "y", "x")], ignore_index=True)
    view.further["cost"] = twice
    assert [tuple(row) for row in rows_of(view, "cost")[["entry", "metric"]].to_numpy()] == [
        (entry, metric) for entry in "ba" for metric in "zyx"
    ]
    assert len(rows_of(view, "selection")) == 1
    view.further["benefit"] = table("t", "aaaaaa", threshold=[0.04, 0.05, 0.1, 0.2, 0.25, 0.3])
    assert rows_of(view, "benefit")["threshold"].tolist() == [0.05, 0.1, 0.2, 0.3]


@pytest.mark.parametrize("leaky", [False, True])
def test_the_page_says_what_it_is_of(leaky: bool) -> None:
    view = view_of(rung="slide" if leaky else "", generated=leaky, flags=(NO_IDS,) if leaky else ())
    page: dict[str, Any] = further_page(view, "What decisions are worth", ("cost",), pictures=True)
    assert page["title"] == "t: what decisions are worth" + " (leaky, for demonstration)" * leaky
    assert page["task"] is view.task and page["task_href"] == file_name("task", "t") and page["generated"] is leaky
    assert "50 resamples" in page["interval"]
    assert [title for _, title in page["others"]] == ["Oracle, spread and selection", "Strata"]
    assert [href for href, _ in page["others"]] == [file_name("task", "t", title) for _, title in page["others"]]
    (section,) = page["sections"]
    assert (section["name"], section["head"], section["pictures"]) == ("cost", "entry", [])
    assert "lower is better" in section["reading"] and section["title"]
    (only,) = section["tables"]
    assert only.title == "t, in-domain" and only.columns[1].header == ("groups" if leaky else "patients")
    assert [row[0] for row in texts(only)] == ["b", "c", "a", "always abstain"]
    rules = further_page(view, "Oracle, spread and selection", ("selection",), pictures=False)["sections"]
    assert rules[0]["head"] == "rule"  # type: ignore[index]
