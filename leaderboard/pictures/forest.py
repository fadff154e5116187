"""Forest plot of the headline metric as SVG text."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leaderboard.pictures.picture import COLOURS, INK, MARKERS, short, style, svg
from leaderboard.scores import CONTROL, TaskView

WIDTH, ROW, HEAD = 4.8, 0.17, 1.0  # inches


def forest(view: TaskView) -> str:
    """Draw every entry's headline score with its interval, one mark a test set, and ``prior`` as a dotted line.

    Returns:
        An ``<svg>`` element to put into a page; the same view gives the same bytes.
    """
    with style(f"forest {view.task.name}"):
        n_rows = len(_shown(view)) * (len(view.test_sets) + 1)
        figure = Figure(figsize=(WIDTH, HEAD + ROW * n_rows), layout="constrained", frameon=False)
        _draw(figure.subplots(subplot_kw={"frame_on": False}), view)
        return svg(figure)


def _draw(axes: Axes, view: TaskView) -> None:
    names, span = _shown(view), len(view.test_sets) + 1
    for i, test_set in enumerate(view.test_sets):
        rows = view.at(test_set, view.headline.name).set_index("entry").loc[list(names)]
        height = np.arange(len(names)) * span + i
        value, low, high = (rows[key].to_numpy(dtype=float) for key in ("value", "low", "high"))
        colour = COLOURS[i % len(COLOURS)]
        axes.hlines(height, low, high, color=colour, linewidth=1.6)
        axes.plot(value, height, MARKERS[i % len(MARKERS)], color=colour, markersize=5, label=short(test_set))
    _mark_control(axes, view)
    _mark_holes(axes, view)
    axes.set_yticks(np.arange(len(names)) * span + (span - 2) / 2, [short(name) for name in names])
    axes.set_ylim(max(span * len(names) - 1, 0), -1)
    axes.set_xlabel(view.headline.label)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=INK, alpha=0.15)
    axes.figure.legend(
        loc="outside upper center", ncols=len(view.test_sets) if len(view.test_sets) < 5 else 3, frameon=False
    )


def _shown(view: TaskView) -> tuple[str, ...]:
    return tuple(entry for entry in view.entries if entry not in view.unfit and entry not in view.same)


def _mark_control(axes: Axes, view: TaskView) -> None:
    key = (CONTROL, view.test_sets[0], view.headline.name)
    if key in view.cells and not np.isnan(view.cells[key].value):
        axes.axvline(view.cells[key].value, color=INK, linewidth=0.8, linestyle=":", zorder=0)


def _mark_holes(axes: Axes, view: TaskView) -> None:
    span = len(view.test_sets) + 1
    for i, entry in enumerate(_shown(view)):
        if np.isnan(view.cells[entry, view.test_sets[0], view.headline.name].value):
            axes.text(
                0.99,
                i * span + (span - 2) / 2,
                "no result",
                va="center",
                ha="right",
                transform=axes.get_yaxis_transform(),
            )
