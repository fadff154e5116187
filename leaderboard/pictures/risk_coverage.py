"""Risk-coverage curves: the error among the surest patients, as more and more of them are answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leaderboard.measures import Floats, accuracy_at_coverage
from leaderboard.pictures.picture import COLOURS, INK, MARKERS, short, style, svg
from leaderboard.records import Replicate

COVERAGE = np.linspace(0.05, 1, 39)
NAMED = 6
SIZE = (4.8, 3.2)  # inches


def risk_coverage(replicates: Sequence[Replicate]) -> Floats:
    """Return the error rate at each of ``COVERAGE``, mean over replicates (seeds), float64 (39,)."""
    risks = [[_risk(replicate, coverage) for coverage in COVERAGE] for replicate in replicates]
    return np.mean(risks, axis=0)


def _risk(replicate: Replicate, coverage: float) -> float:
    ones = np.ones((1, len(replicate.y)))
    return 1 - float(accuracy_at_coverage(coverage, replicate.y, replicate.proba, ones)[0])


def risk_coverage_plot(replicates: Mapping[str, Sequence[Replicate]], name: str) -> str:
    """Draw the curves of entries, best first: the first six named, the rest as thin grey lines."""
    with style(f"risk {name}"):
        figure = Figure(figsize=SIZE, layout="constrained", frameon=False)
        axes = figure.subplots(subplot_kw={"frame_on": False})
        for i, (entry, told) in enumerate(replicates.items()):
            _curve(axes, i, entry, risk_coverage(told))
        axes.set_xlim(0, 1)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("coverage (share of patients answered, surest first)")
        axes.set_ylabel("error among the answered")
        axes.grid(color=INK, alpha=0.15)
        figure.legend(loc="outside upper center", ncols=2, frameon=False)
        return svg(figure)


def _curve(axes: Axes, i: int, entry: str, risk: Floats) -> None:
    if i >= NAMED:
        axes.plot(COVERAGE, risk, color=INK, alpha=0.3, linewidth=0.7, zorder=1)
        return
    named = axes.plot(COVERAGE, risk, marker=MARKERS[i], markersize=5, color=COLOURS[i], linewidth=1.4)[0]
    named.set_markevery((4 + i, 10))
    named.set_label(short(entry))
