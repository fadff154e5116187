"""The learning curves of a board as pictures, and what they show in a sentence."""

from __future__ import annotations

import pandas as pd

from leaderboard.pictures import learning_curve_plot
from leaderboard.scores import CONTROL, TaskView
from leaderboard.text import plain

MOST_SENTENCES = 6


def curve_pictures(view: TaskView) -> list[tuple[str, str]]:
    """Return (caption, ``<svg>``) of the curve that the task is a point of, one a test set."""
    table = view.further["learning-curve"]
    return [
        (f"{plain(view.task.curve)}, {plain(str(name))}", _plot(view, rows, str(name)))
        for name, rows in table[table["test_set"] != ""].groupby("test_set", sort=False)
    ]


def curves_of(views: tuple[TaskView, ...], *, pictures: bool) -> list[dict[str, object]]:
    """Return what the first page shows of each curve: its name, a picture and where entries cross."""
    first = {view.task.curve: view for view in reversed(views) if "learning-curve" in view.further}
    found = [view for curve, view in reversed(first.items()) if curve]
    return [
        {
            "name": plain(view.task.curve),
            "lines": crossing_lines(view.further["learning-curve"], view.further.get("crossings")),
            "pictures": curve_pictures(view) if pictures else [],
        }
        for view in found
    ]


def crossing_lines(curve: pd.DataFrame, table: pd.DataFrame | None) -> list[str]:
    """Say which entries overtake which beyond noise, the first few of them."""
    if curve.dropna(subset=["value"])["learned_from"].nunique() < 2:
        return ["Fewer than two sizes have results: no order can turn yet."]
    shown = [] if table is None else [row for row in table.itertuples() if row.shown == "yes"]
    if not shown:
        return ["No entry is shown to overtake another: where the order turns, it may be chance."]
    lines = [
        f"{plain(str(row.overtakes))} overtakes {plain(str(row.overtaken))} between {row.between} patients."
        for row in shown[:MOST_SENTENCES]
    ]
    more = len(shown) - len(lines)
    return [*lines, f"More crossings on the task pages: {more}."] if more else lines


def _plot(view: TaskView, rows: pd.DataFrame, test_set: str) -> str:
    return learning_curve_plot(rows, view.headline.label, CONTROL, f"{view.task.name} {test_set}")
