"""Learning curves: the score of each entry by the number of patients learned from."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from leaderboard.pictures.picture import COLOURS, INK, MARKERS, short, style, svg

NAMED = len(COLOURS)
SIZE = (5.6, 4.0)  # inches
REFERENCES = {"oracle": "--", "control": ":"}  # family -> line


def best_of_families(table: pd.DataFrame) -> list[str]:
    """Return the entries that are best of their family at some size, best at the largest size first."""
    known = table[~table["family"].isin(REFERENCES)].dropna(subset=["value"])
    best = known.loc[known.groupby(["family", "learned_from"], sort=False)["value"].idxmax(), "entry"].unique()
    last = known[known["entry"].isin(best)].sort_values("learned_from").groupby("entry", sort=True)["value"].last()
    return [str(entry) for entry in last.sort_values(ascending=False, kind="stable").index[:NAMED]]


def learning_curve_plot(table: pd.DataFrame, headline: str, control: str, name: str) -> str:
    """Draw the curves: the best of each family named, the rest as thin grey lines, the oracle and one control broken.

    Args:
        table: Rows of one curve and test set of ``leaderboard.questions.learning_curve``.
        headline: Label of the score.
        control: The control to draw.
        name: Unique in the page.

    Returns:
        An ``<svg>`` element; the same table gives the same bytes.
    """
    named = best_of_families(table)
    rows = {str(entry): curve.sort_values("learned_from") for entry, curve in table.groupby("entry", sort=True)}
    with style(f"learning curve {name}"):
        figure = Figure(figsize=SIZE, layout="constrained", frameon=False)
        axes = figure.subplots(subplot_kw={"frame_on": False})
        for i, entry in enumerate(named):
            _named(axes, i, 1 + 0.015 * (i - (len(named) - 1) / 2), entry, rows[entry])
        for entry, curve in rows.items():
            family = str(curve["family"].iloc[0])
            if family == "oracle" or entry == control:
                line = REFERENCES.get(family, ":")
                axes.plot(curve["learned_from"], curve["value"], line, color=INK, linewidth=1.2, label=short(entry))
            elif family not in REFERENCES and entry not in named:
                axes.plot(curve["learned_from"], curve["value"], color=INK, alpha=0.3, linewidth=0.7, zorder=1)
        sizes = sorted(table["learned_from"].unique())
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(sizes))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("patients learned from (train and validation)")
        axes.set_ylabel(headline)
        axes.grid(color=INK, alpha=0.15)
        figure.legend(loc="outside upper center", ncols=2, frameon=False)
        return svg(figure)


def _named(axes: Axes, i: int, aside: float, entry: str, curve: pd.DataFrame) -> None:
    """Draw a curve with its intervals, moved sideways a little so that those of two entries stay apart."""
    at = curve["learned_from"] * aside
    reach = [curve["value"] - curve["low"], curve["high"] - curve["value"]]
    axes.errorbar(at, curve["value"], reach, marker=MARKERS[i], markersize=5, color=COLOURS[i], linewidth=1.4,
                  elinewidth=0.8, label=short(entry))  # fmt: skip
