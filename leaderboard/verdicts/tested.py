"""What was tested on a task, in words that stand on the page of every entry."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from leaderboard.questions import costs
from leaderboard.records import WORST, counted_unit, scored_line, sizes_in_words
from leaderboard.scores import TaskView
from leaderboard.text import plain
from leaderboard.verdicts.task_floor import floor_line


@dataclass(frozen=True)
class Tested:
    """Lines on a task's test sets.

    Attributes:
        domains: Names of the tested domains.
        sizes: Patients and specimens of each test set.
        floor: The resolution floor; "" when unknown.
        outcomes: Patients of each class.
        scored: Whether patients or specimens are scored.
        costs: ``leaderboard.questions.compute_cost.costs``.
    """

    domains: str
    sizes: str
    floor: str
    outcomes: str
    scored: str
    costs: pd.DataFrame


def tested(view: TaskView) -> Tested:
    """Read the lines off a task once."""
    names = sorted(plain(domain) for domain in view.task.predictions["domain"].unique())
    first = view.scores.drop_duplicates("test_set").set_index("test_set")
    sizes = (
        f"{plain(name)}: {sizes_in_words(view.task, first['n_patients'][name], first['n_specimens'][name])}"
        for name in view.test_sets
        if name != WORST
    )
    unit = counted_unit(view.task)
    who = "patient" if unit == "patients" else "specimen"
    seen = view.task.predictions[[who, "y"]].drop_duplicates()["y"].value_counts()
    outcomes = (f"{plain(name)} {seen.get(k, 0)} {unit}" for k, name in enumerate(view.task.classes))
    told = ", ".join(names) or "none", "; ".join(sizes), floor_line(view), ", ".join(outcomes)
    return Tested(*told, scored_line(view.task), costs(view))
