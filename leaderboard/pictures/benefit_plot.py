"""Decision curves: net benefit by threshold, beside treating all and treating none."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leaderboard.pictures.picture import COLOURS, INK, MARKERS, short, style, svg
from leaderboard.questions import THRESHOLDS, TREAT_ALL, TREAT_NONE
from leaderboard.scores import TaskView
from leaderboard.text import plain

SHOWN = tuple(float(pt) for pt in THRESHOLDS if round(100 * pt) in (5, 10, 20, 30))
NAMED = 6
SIZE = (4.8, 3.4)  # inches
REFERENCES = {TREAT_ALL: "--", TREAT_NONE: ":"}


def benefit_plots(view: TaskView) -> list[tuple[str, str]]:
    """Return (class and test set, ``<svg>``) of each class on the first test set that has curves."""
    table = view.board.further["benefit"]
    mine = table[table["task"] == view.task.name]
    first = next(name for name in view.test_sets if name in set(mine["test_set"]))
    classes = mine[mine["test_set"] == first].dropna(subset=["value"]).groupby("class", sort=False)
    return [(f"{plain(str(name))}, {plain(first)}", _plot(view, str(name), rows)) for name, rows in classes]


def _plot(view: TaskView, name: str, rows: pd.DataFrame) -> str:
    with style(f"benefit {view.task.name} {name}"):
        figure = Figure(figsize=SIZE, layout="constrained", frameon=False)
        axes = figure.subplots(subplot_kw={"frame_on": False})
        curves = {str(entry): curve for entry, curve in rows.groupby("entry", sort=False)}
        for i, entry in enumerate(entry for entry in view.entries if entry in curves):
            _curve(axes, i, entry, curves[entry])
        for entry, line in REFERENCES.items():
            curve = curves[entry]
            axes.plot(curve["threshold"], curve["value"], line, color=INK, linewidth=1, label=entry)
        own = rows.loc[rows["entry"] != TREAT_ALL, "value"]  # treating all falls far below everything
        axes.set_ylim(min(-0.02, own.min() * 1.1), own.max() * 1.1 + 0.01)
        axes.set_xlabel("threshold: probability at which one would treat")
        axes.set_ylabel("net benefit a patient")
        axes.grid(color=INK, alpha=0.15)
        figure.legend(loc="outside upper center", ncols=2, frameon=False)
        return svg(figure)


def _curve(axes: Axes, i: int, entry: str, curve: pd.DataFrame) -> None:
    at, value = curve["threshold"], curve["value"]
    if i >= NAMED:
        axes.plot(at, value, color=INK, alpha=0.3, linewidth=0.7, zorder=1)
        return
    axes.plot(at, value, marker=MARKERS[i], markevery=(i, 8), markersize=5, color=COLOURS[i], linewidth=1.4,
              label=short(entry))  # fmt: skip
