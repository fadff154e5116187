"""Forest plot of the headline metric as SVG text."""

from __future__ import annotations

import io
import re
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from leaderboard.escape import plain
from leaderboard.holes import is_applicable
from leaderboard.rows import CONTROL
from leaderboard.tables import TaskView

INK = "#010203"  # replaced by currentColor, so that the picture follows the page into dark mode
MARKERS = "osD^vP*X"
LONGEST = 24
WIDTH, ROW, HEAD = 4.8, 0.17, 1.0  # inches
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a name may hold a dollar sign
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def forest(view: TaskView) -> str:
    """Draw every entry's headline score with its interval, one mark a test set, and ``prior`` as a dotted line.

    Returns:
        An ``<svg>`` element to put into a page; the same view gives the same bytes.
    """
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": view.task.name}):
        n_rows = len(_shown(view)) * (len(view.test_sets) + 1)
        figure = Figure(figsize=(WIDTH, HEAD + ROW * n_rows), layout="constrained", frameon=False)
        _draw(figure.subplots(subplot_kw={"frame_on": False}), view)
        out = io.StringIO()
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _inline(out.getvalue())


def _draw(axes: Axes, view: TaskView) -> None:
    names, span = _shown(view), len(view.test_sets) + 1
    colours = matplotlib.color_sequences["petroff10"]
    for i, test_set in enumerate(view.test_sets):
        rows = view.at(test_set, view.headline.name).set_index("entry").loc[list(names)]
        height = np.arange(len(names)) * span + i
        value, low, high = (rows[key].to_numpy(dtype=float) for key in ("value", "low", "high"))
        colour = colours[i % len(colours)]
        axes.hlines(height, low, high, color=colour, linewidth=1.6)
        axes.plot(value, height, MARKERS[i % len(MARKERS)], color=colour, markersize=5, label=_short(test_set))
    _mark_control(axes, view)
    _mark_holes(axes, view)
    axes.set_yticks(np.arange(len(names)) * span + (span - 2) / 2, [_short(name) for name in names])
    axes.set_ylim(max(span * len(names) - 1, 0), -1)
    axes.set_xlabel(view.headline.label)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=INK, alpha=0.15)
    axes.figure.legend(
        loc="outside upper center", ncols=len(view.test_sets) if len(view.test_sets) < 5 else 3, frameon=False
    )


def _shown(view: TaskView) -> tuple[str, ...]:
    return tuple(entry for entry in view.entries if is_applicable(view.task, entry))


def _short(name: str) -> str:
    name = plain(name).lstrip("_") or "_"  # matplotlib keeps a leading underscore for itself
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


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


def _inline(svg: str) -> str:
    """Keep the element, let it take the page's size, font and ink."""
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r' id="[A-Za-z0-9.]+_\d+"', "", svg)
    svg = re.sub(r"font-family: [^;]*; ?", "", svg)
    svg = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'aria-hidden="true" focusable="false"', svg, count=1)
    return svg.replace(INK, "currentColor")
