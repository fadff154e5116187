"""Win-rate matrix: on which share of the tasks one entry scores above another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure

from leaderboard.pictures.picture import COLOURS, INK, short, style, svg

FEWEST = 2
CELL, MARGIN = 0.36, 1.9  # inches
WASH = ListedColormap([(*to_rgb(COLOURS[0]), alpha) for alpha in np.linspace(0, 0.5, 101)])


def win_rates(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the share of shared tasks on which the row's entry scores above the column's, equal scores half.

    Args:
        pairs: Long table of ``leaderboard.questions.pairs.pairs``.

    Returns:
        Square table, best mean first; NaN on the diagonal and where two entries share no task.
    """
    won = np.where(pairs["difference"] > 0, 1.0, np.where(pairs["difference"] < 0, 0.0, 0.5))
    there = pd.DataFrame({"row": pairs["a"], "column": pairs["b"], "won": won})
    back = pd.DataFrame({"row": pairs["b"], "column": pairs["a"], "won": 1 - won})
    table = pd.concat([there, back]).pivot_table(index="row", columns="column", values="won", aggfunc="mean")
    mean = table.mean(axis=1)
    order = sorted(table.index, key=lambda entry: (-mean[entry], entry))
    return table.reindex(index=order, columns=order)


def win_rate_plot(pairs: pd.DataFrame) -> str:
    """Draw the matrix of at least two tasks as SVG."""
    table = win_rates(pairs)
    with style("win rate"):
        side = MARGIN + CELL * len(table)
        figure = Figure(figsize=(side, side), layout="constrained", frameon=False)
        axes = figure.subplots(subplot_kw={"frame_on": False})
        names = [short(entry) for entry in table.index]
        numbers = {"annot": True, "fmt": ".0%", "annot_kws": {"color": INK, "size": 7}}
        seaborn.heatmap(table, ax=axes, cmap=WASH, vmin=0, vmax=1, cbar=False, square=True, **numbers)
        axes.set_xticks(np.arange(len(names)) + 0.5, names, rotation=90)
        axes.set_yticks(np.arange(len(names)) + 0.5, names, rotation=0)
        axes.tick_params(length=0)
        axes.set_xlabel("scores below")
        axes.set_ylabel("scores above")
        return svg(figure)
