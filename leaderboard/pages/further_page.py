"""What the pages of further tables of a task show, one page a group of them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from leaderboard.layout import SHAPES, header, wide_tables
from leaderboard.pages.curves import curve_pictures
from leaderboard.pictures import SHOWN, benefit_plots
from leaderboard.questions import MOST_RESAMPLES, TITLES
from leaderboard.records import counted_unit
from leaderboard.scores import TaskView
from leaderboard.text import file_name, plain
from leaderboard.verdicts import marked

GROUPS = {
    "Calibration after the fact": ("recalibration", "conformal"),
    "What decisions are worth": ("benefit", "cost"),
    "Oracle, spread and selection": ("oracle", "variance", "selection"),
    "Domains and leaks": ("transfer", "transfer-summary", "ladder"),
    "Learning curve": ("learning-curve", "crossings"),
    "Modalities": ("modality-grid",),
    "Strata": ("strata", "strata-gaps"),
    "Unseen classes": ("ood", "ood-calls"),
}


_PICTURES = {"benefit": benefit_plots, "learning-curve": curve_pictures}


def further_pages(view: TaskView) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return file, title and names of the tables of each group of which the task has something."""
    found = {name for name in view.board.further if len(view.further[name])}
    groups = [(title, tuple(name for name in names if name in found)) for title, names in GROUPS.items()]
    return [(file_name("task", view.task.name, title), title, names) for title, names in groups if names]


def rows_of(view: TaskView, name: str) -> pd.DataFrame:
    """Return the rows of a further table that are about the task, best entry first; of a ladder or curve, of all."""
    mine = view.further[name]
    if name == "benefit":
        mine = mine[mine["threshold"].isin(SHOWN)]
    if "entry" not in mine:
        return mine
    rank = {entry: i for i, entry in enumerate(dict.fromkeys([*view.entries, *mine["entry"]]))}  # references last
    return mine.loc[mine["entry"].map(rank).sort_values(kind="stable").index]


def further_page(view: TaskView, title: str, names: tuple[str, ...], *, pictures: bool) -> dict[str, object]:
    """Return what one page shows."""
    return {
        "task": view.task,
        "task_href": file_name("task", view.task.name),
        "title": marked(f"{plain(view.task.name)}: {title[0].lower()}{title[1:]}", view.task),
        "generated": view.task.generated,
        "interval": f"[low, high]: 95 % interval, patient-clustered, {min(view.board.resamples, MOST_RESAMPLES)} "
        "resamples; n: patients",
        "others": [(href, other) for href, other, _ in further_pages(view) if other != title],
        "sections": list(_sections(view, names, pictures=pictures)),
    }


def _sections(view: TaskView, names: tuple[str, ...], *, pictures: bool) -> Iterator[dict[str, object]]:
    for name in names:
        shape = SHAPES[name]
        yield {
            "name": name,
            "title": TITLES[name],
            "reading": shape.reading,
            "tables": wide_tables(
                plain(view.task.name), rows_of(view, name), shape, by_patient=counted_unit(view.task) == "patients"
            ),
            "head": header(shape.rows[0]),
            "pictures": _PICTURES[name](view) if pictures and name in _PICTURES else [],
        }
