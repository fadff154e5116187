"""Score against cost as a picture: which entries are beaten by none that is both better and cheaper."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from leaderboard.pictures.picture import COLOURS, INK, MARKERS, short, style, svg
from leaderboard.questions import COSTS

FAMILIES = ("control", "rule", "classic", "deep", "other")
SIZE = (4.2, 3.4)  # inches
APART = 0.055  # of the height of the axes, between two names


def pareto(table: pd.DataFrame, cost: str, headline: str, name: str) -> str:
    """Draw the headline against one cost on a logarithmic axis; entries on the front are named.

    Args:
        table: ``leaderboard.questions.compute_cost.costs``; entries of which the cost is unknown are left out.
        cost: Column of the table.
        headline: Label of the score.
        name: Unique in the page.

    Returns:
        An ``<svg>`` element; the same table gives the same bytes.
    """
    known = table.assign(cost=table[cost].clip(lower=COSTS[cost].least)).dropna(subset=["cost", "value"])
    with style(f"pareto {cost} {name}"):
        figure = Figure(figsize=SIZE, layout="constrained", frameon=False)
        axes = figure.subplots(subplot_kw={"frame_on": False})
        for i, family in enumerate(FAMILIES):
            rows = known[known["family"] == family]
            if len(rows):
                axes.plot(rows["cost"], rows["value"], MARKERS[i], color=COLOURS[i], markersize=6, label=family)
        _scale(axes)
        _front(axes, known[[cost in front for front in known["front"]]].sort_values("cost"))
        axes.set_xlabel(COSTS[cost].meaning)
        axes.set_ylabel(headline)
        axes.grid(color=INK, alpha=0.15)
        figure.legend(loc="outside upper center", ncols=len(FAMILIES), frameon=False)
        return svg(figure)


def _scale(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda cost, _: f"{cost:,.10g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.12, y=0.12)


def _front(axes: Axes, front: pd.DataFrame) -> None:
    """Join the front and name its entries, on the side that has room; names keep a line's height apart."""
    axes.step(front["cost"], front["value"], where="post", color=INK, linewidth=0.8, linestyle=":")
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    height = bottom
    for row in front.itertuples():
        height = max(float(str(row.value)) + 0.02 * (top - bottom), height + APART * (top - bottom))
        is_left = float(np.log(float(str(row.cost)) / left) / np.log(right / left)) < 0.5
        side, gap = ("left", 5) if is_left else ("right", -5)
        axes.annotate(
            short(str(row.entry)), (float(str(row.cost)), height), (gap, 0), textcoords="offset points", size=8, ha=side
        )
