"""What each part of a board is given, and in which order the parts become tables; nothing is scored here."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from leaderboard.boards import parts
from leaderboard.questions.further import TITLES
from leaderboard.records.results import Published, TaskResult
from leaderboard.records.scored_unit import NO_IDS
from tests.leaderboard.hand_board import hand_task

FIRST, *_, LAST = TITLES


def task(name: str, entries: tuple[str, ...] = ("b", "a"), **changed: object) -> TaskResult:
    facts = {"flags": (NO_IDS, "modified copy"), "notes": ("n",), "published": (Published("r", "p", "c"),),
             "families": {"a": "deep"}, "level": "specimen", "fold_names": {0: "A"}, "generated": True}  # fmt: skip
    return hand_task(entries, name=name, **facts | changed)


class Kept:
    """Answers for every part and remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[parts.Make, parts.Tasks]] = []

    def __call__(self, make: parts.Make, tasks: parts.Tasks, resamples: int, seed: int) -> parts.Tables:
        assert (resamples, seed) == (7, 3)
        self.given.append((make, tasks))
        name = "+".join(task.name for task in tasks)
        if make is parts.joint:
            return {"scores": pd.DataFrame({"of": [name, name]}), "pairs": pd.DataFrame({"of": [name]})}
        if make is parts.further:
            return {LAST: pd.DataFrame({"of": [name]}), FIRST: pd.DataFrame({"of": [name]})}
        (entry,) = tasks[0].entries
        if entry == "nothing":
            return {"details": pd.DataFrame({name: [] for name in ("level", "test_set", "entry")})}
        cells = [(level, test_set) for level in ("patient", "specimen") for test_set in ("test", "B")]
        return {"details": pd.DataFrame(cells, columns=["level", "test_set"]).assign(entry=entry, n=range(4))}


def made(*tasks: TaskResult) -> tuple[parts.Tables, Kept]:
    kept = Kept()
    return parts.tables(tasks, resamples=7, seed=3, keep=kept), kept


def test_tables_stand_in_order_and_details_as_of_the_whole_task() -> None:
    found, _ = made(task("t", ("b", "nothing", "a")), task("u", ("nothing",)))
    assert list(found) == ["scores", "details", "pairs", FIRST, LAST]
    assert found["scores"]["of"].tolist() == ["t", "t", "u", "u"] and list(found["scores"].index) == [0, 1, 2, 3]
    told = found["details"][["level", "test_set", "entry"]].itertuples(index=False, name=None)
    assert list(told) == [
        (level, test_set, entry)
        for level in ("patient", "specimen")
        for test_set in ("test", "B")
        for entry in ("a", "b")
    ]
    assert list(found["details"].index) == list(range(8)) and found["details"]["n"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_each_part_is_given_only_what_determines_it() -> None:
    given = task("t")
    _, kept = made(given)
    assert [(make, one.entries) for make, (one,) in kept.given] == [
        (parts.joint, ("b", "a")), (parts.detailed, ("b",)), (parts.detailed, ("a",)), (parts.further, ("b", "a")),
    ]  # fmt: skip
    joint, _, alone, further = (one for _, (one,) in kept.given)
    assert (joint.title, joint.dataset, joint.notes, joint.published, joint.flags) == ("", "", (), (), (NO_IDS,))
    kept_facts = ("name", "classes", "positive", "generated", "level", "fold_names", "families")
    assert all(getattr(joint, name) == getattr(given, name) for name in kept_facts)
    assert all(getattr(alone, name) == getattr(joint, name) for name in kept_facts[:-1]) and alone.families == {}
    for part in ("predictions", "trials"):
        pd.testing.assert_frame_equal(getattr(joint, part), getattr(given, part))
        mine = getattr(given, part)
        pd.testing.assert_frame_equal(getattr(alone, part), mine[mine["entry"] == "a"].reset_index(drop=True))
    assert further == replace(given, title="", flags=(NO_IDS,), notes=(), published=())


def test_rungs_of_a_ladder_are_asked_together() -> None:
    tasks = [task("t"), task("r1", ladder="l", rung="slide"), task("u"), task("r2", ladder="l"), task("r3", ladder="m")]
    _, kept = made(*tasks)
    groups = [tuple(one.name for one in group) for make, group in kept.given if make is parts.further]
    assert groups == [("t",), ("r1", "r2"), ("u",), ("r3",)]


def test_without_a_cache_a_part_is_made() -> None:
    seen = []

    def make(*given: object) -> parts.Tables:
        seen.append(given)
        return {}

    assert parts.compute(make, (), 5, 6) == {} and seen == [((), 5, 6)]
