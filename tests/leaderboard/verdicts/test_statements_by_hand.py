"""Sentences about a task from scores written by hand: who leads, what nothing beats, what is noted of whom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leaderboard.verdicts.statements import findings, interval_definition, notes, warnings
from tests.leaderboard.hand_board import hand_task, hand_view, score, with_status

HEAD = "balanced_accuracy"
ENTRIES = ["prior", "c", "b\x1b", "a"]
FAMILIES = {"prior": "control", "c": "rule", "b\x1b": "classic", "a": "deep"}


def told(ties: dict[str, int | None], above: dict[str, int] | None = None, test_set: str = "in-domain") -> dict:
    found = {}
    for i, (entry, tie) in enumerate(ties.items()):
        found[entry, test_set, HEAD] = score(0.9 - i / 10, tie, (above or {}).get(entry))
    return found


def said(*cells: dict, sets: tuple[str, ...] = ("in-domain",)) -> list[str]:
    joined = {key: value for part in cells for key, value in part.items()}
    return findings(hand_view(hand_task(ENTRIES, families=FAMILIES), joined, sets))


def test_who_leads_and_who_of_them_is_simple() -> None:
    one, where = "a is alone in the top tie group on balanced accuracy (in-domain).", "balanced accuracy (in-domain)"
    assert said(told({"a": 1, "c": 2, "prior": None}))[0] == one
    assert said(told({"a": 1, "b\x1b": 1, "c": 1, "prior": 2}))[0] == (
        f"On {where} these patients do not separate a from b, c. "
        "In the top tie group without deep learning: b (classic), c (rule)."
    )
    assert said(told({"prior": 1}))[0] == f"prior is alone in the top tie group on {where}."
    assert said(told({"a": None, "prior": 2})) == [f"No entry is complete on {where}."]


def test_what_nothing_beats_is_named_by_test_set() -> None:
    lead, sets = told({"a": 1, "c": 2}, {"a": 1, "c": 0}), ("in-domain", "B\x1b", "C")
    flat, unknown = told({"a": 1, "c": 1}, {"a": 0, "c": -1}, "B\x1b"), told({"a": 1}, {}, "C")
    assert len(said(lead)) == 1
    told_flat = "Nothing beats prior beyond the interval on balanced accuracy: B."
    assert said(lead, flat, unknown, sets=sets)[1:] == [told_flat]
    both = told({"a": 1, "c": 1}, {"a": 0, "c": 0})
    assert said(both, flat, sets=sets[:2])[1] == told_flat.replace(": B.", ": in-domain, B.")


def test_notes_of_sizes_floors_rare_classes_and_who_does_not_run() -> None:
    task = with_status(with_status(hand_task(["a", "b\x1b", "c"]), "b\x1b", "not-applicable", "x"), "c", "same-as", "a")
    task = replace(task, notes=("told\n",))
    sets = ("C", "worst domain", "all shifted", "in-domain")
    cells = {("a", name, HEAD): score(0.5, note=f"rare in {name}", floor=floor)
             for name, floor in zip(sets, (0.25, 0.125, np.nan, 0.0625), strict=True)}  # fmt: skip
    cells["b\x1b", "C", HEAD] = {"note": "not told", "comparable": False}
    view = hand_view(task, cells, sets)
    scores = view.board.scores.copy()
    scores.loc[scores["entry"] != "a", ["comparable", "note"]] = [False, "hole"]
    scores.loc[(scores["entry"] == "a") & (scores["metric"] != HEAD), "note"] = "rare in " + scores["test_set"]
    scores["floor"] = scores["test_set"].map({"C": 0.25, "worst domain": 0.125, "in-domain": 0.0625})
    view = replace(view, board=replace(view.board, scores=scores))
    assert notes(view) == [
        "in-domain: 3 patients, 4 specimens",
        "all shifted: 3 patients, 4 specimens",
        "C: 3 patients, 4 specimens",
        "Scores are of patients: probabilities are averaged over a patient's specimens",
        "Resolution floor, the smallest difference these patients can show in balanced accuracy: 0.062 in-domain, "
        "0.125 worst domain, 0.250 C",
        "C: rare in C",
        "in-domain: rare in in-domain",
        "told",
        "b is not applicable: x",
        "c is the same model as a here; its scores are in that row",
    ]
    assert interval_definition(view.board).endswith(", 1000 resamples")
    bare = hand_view(hand_task(["a"]), {})
    assert len(notes(bare)) == 2  # no floor is known, nothing is rare


def test_warnings_are_failures_and_then_entries_that_are_one() -> None:
    view = hand_view(hand_task(["a", "b"], seeds=1), {})
    assert [line.partition(":")[0] for line in warnings(view)] == [
        "Controls not run",
        "One seed",
        "Identical predictions",
    ]
