"""What the page of an entry shows: its rows on every task, its model card, its TRIPOD+AI skeleton."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from leaderboard.measures import METRICS
from leaderboard.pages.task_page import UNKNOWN_FAMILY
from leaderboard.questions import entry_costs
from leaderboard.scores import Cell, Column, Score, Table, TaskView
from leaderboard.text import plain
from leaderboard.verdicts import Tested, interval_definition, mark, model_card, tripod

SHOWN = ("balanced_accuracy", "auroc", "macro_f1", "nll", "ece")
NOTHING = Score(float("nan"), float("nan"), float("nan"), 0)


def entry_page(entry: str, views: tuple[TaskView, ...], tests: Mapping[str, Tested]) -> dict[str, object]:
    """Return what the page of an entry shows; ``tests`` holds what was tested, by name of the task."""
    mine = tuple(view for view in views if entry in view.task.entries)
    return {
        "title": plain(entry) or "entry without a name",
        "generated": any(view.task.generated for view in mine),
        "family": family(entry, mine),
        "results": results(entry, mine),
        "costs": entry_costs(entry, *_priced(mine, tests)),
        "interval": interval_definition(mine[0].board),
        "holes": [_missing(entry, view) for view in mine if entry in view.holes],
        "card": model_card(entry, mine, tests),
        "tripod": tripod(entry, mine, tests),
    }


def _priced(views: tuple[TaskView, ...], tests: Mapping[str, Tested]) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return the costs on each task, and the mark of each."""
    names = [view.task.name for view in views]
    return {name: tests[name].costs for name in names}, {view.task.name: mark(view.task) for view in views}


def _missing(entry: str, view: TaskView) -> str:
    """Return why an entry has no row of its own on a task."""
    if entry in view.same:
        return f"{plain(view.task.name)}: the same model as {plain(view.same[entry])}; its scores are in that row"
    return f"Hole, {plain(view.task.name)}: {plain(view.holes[entry])}"


def family(entry: str, views: tuple[TaskView, ...]) -> str:
    """Return what an entry is, as the tasks say."""
    return ", ".join(dict.fromkeys(view.task.families.get(entry, UNKNOWN_FAMILY) for view in views))


def results(entry: str, views: tuple[TaskView, ...]) -> Table:
    """Return one row a task and test set."""
    columns = (
        Column("task", "Name of the task", numeric=False),
        Column("test set", "Where it was tested", numeric=False),
        Column("tie", "Tie group on the headline metric of the task"),
        *(Column(METRICS[name].label, "Higher is better" if METRICS[name].higher_is_better else "Lower is better")
          for name in SHOWN),
        Column("seconds", "Time of all its trials on the task, fit and prediction"),
        Column("flags", "See the first page", numeric=False),
    )  # fmt: skip
    rows = tuple(_row(entry, view, test_set) for view in views for test_set in view.test_sets)
    return Table(f"{plain(entry)} on every task", columns, rows)


def _row(entry: str, view: TaskView, test_set: str) -> tuple[Cell, ...]:
    task, where = plain(view.task.name), plain(test_set)
    tie = view.cells.get((entry, test_set, view.headline.name), NOTHING).tie
    flags = ", ".join(plain(flag) for flag in view.flags(entry))
    return (
        Cell(task, mark(view.task), order=task),
        Cell(where, order=where),
        Cell(str(tie), order=tie) if tie else Cell("–"),
        *(_score(view.cells.get((entry, test_set, name), NOTHING)) for name in SHOWN),
        Cell(f"{view.seconds[entry]:.1f}", order=view.seconds[entry]),
        Cell(flags, order=flags),
    )


def _score(score: Score) -> Cell:
    if math.isnan(score.value):
        return Cell("–")
    return Cell(f"{score.value:.3f}", f"[{score.low:.3f}, {score.high:.3f}]", score.value)
