"""Score against cost: which entries are beaten by none that is both better and cheaper."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from leaderboard.picture import COLOURS, INK, MARKERS, short, style, svg
from leaderboard.tables import TaskView

FAMILIES = ("control", "rule", "classic", "deep", "other")
SIZE = (4.8, 3.4)  # inches
INSTANT = 0.01  # seconds; shorter is not told apart


def costs(view: TaskView) -> pd.DataFrame:
    """Return one row a ranked entry: entry, family, seconds (mean of its done trials), value, and whether on the front.

    An entry is on the front when none is at least as good for less time, by the headline on the first test set.
    """
    rows = view.at(view.test_sets[0], view.headline.name)
    values = rows[rows["comparable"].astype(bool)].set_index("entry")["value"]
    done = view.task.trials[view.task.trials["status"] == "done"]
    seconds = done.groupby("entry")["seconds"].mean().clip(lower=INSTANT)
    names = [entry for entry in view.entries if entry in values.index]
    table = pd.DataFrame({"entry": names, "family": [view.task.families.get(name, "other") for name in names]})
    table = table.assign(
        seconds=[float(seconds[name]) for name in names], value=[float(values[name]) for name in names]
    )
    cheapest = table.sort_values(["seconds", "value"], ascending=[True, False], kind="stable")
    return table.assign(front=(cheapest["value"] > cheapest["value"].cummax().shift(fill_value=-np.inf)).sort_index())


def pareto(view: TaskView) -> str:
    """Draw the headline against the time of one trial on a logarithmic axis; entries on the front are named."""
    table = costs(view)
    with style(f"pareto {view.task.name}"):
        figure = Figure(figsize=SIZE, layout="constrained", frameon=False)
        axes = figure.subplots(subplot_kw={"frame_on": False})
        for i, family in enumerate(FAMILIES):
            rows = table[table["family"] == family]
            if len(rows):
                axes.plot(rows["seconds"], rows["value"], MARKERS[i], color=COLOURS[i], markersize=6, label=family)
        _front(axes, table[table["front"]].sort_values("seconds"))
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(numticks=6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.margins(x=0.12, y=0.1)
        axes.set_xlabel("seconds a trial, fit and prediction (mean)")
        axes.set_ylabel(view.headline.label)
        axes.grid(color=INK, alpha=0.15)
        figure.legend(loc="outside upper center", ncols=len(FAMILIES), frameon=False)
        return svg(figure)


def _front(axes: Axes, front: pd.DataFrame) -> None:
    axes.step(front["seconds"], front["value"], where="post", color=INK, linewidth=0.8, linestyle=":")
    for row in front.itertuples():
        axes.annotate(short(str(row.entry)), (row.seconds, row.value), (4, 4), textcoords="offset points", size=8)
