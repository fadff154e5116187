"""Critical-difference diagram: mean ranks over tasks, and bars over entries that no test tells apart."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leaderboard.inference import CriticalDifference
from leaderboard.pictures.picture import COLOURS, INK, short, style, svg

WIDTH, ROW, HEAD = 4.8, 0.2, 0.6  # inches


def critical_difference_plot(found: CriticalDifference) -> str:
    """Draw one row an entry at its mean rank, best on top; a vertical bar joins each group that is not separated."""
    with style("critical difference"):
        height = HEAD + ROW * len(found.ranks)
        figure = Figure(figsize=(WIDTH, height), layout="constrained", frameon=False)
        axes = figure.subplots(subplot_kw={"frame_on": False})
        axes.plot(found.ranks.to_numpy(), np.arange(len(found.ranks)), "o", color=COLOURS[0], markersize=5)
        _join(axes, found)
        axes.set_yticks(np.arange(len(found.ranks)), [short(entry) for entry in found.ranks.index])
        axes.set_ylim(len(found.ranks) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=INK, alpha=0.15)
        axes.set_xlabel(f"mean rank over {found.n_tasks} tasks, 1 is best")
        return svg(figure)


def _join(axes: Axes, found: CriticalDifference) -> None:
    """Draw each group's bar right of the ranks, on its own column."""
    place = {entry: i for i, entry in enumerate(found.ranks.index)}
    worst = float(found.ranks.max())
    step = 0.04 * max(worst - float(found.ranks.min()), 1.0)
    for i, group in enumerate(found.groups):
        at = worst + step * (i + 2)
        axes.plot([at, at], [place[group[0]] - 0.3, place[group[-1]] + 0.3], color=INK, linewidth=2.5)
