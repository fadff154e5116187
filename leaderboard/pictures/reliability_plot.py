"""Reliability diagram: how often a probability came true, with exact intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leaderboard.measures import clopper_pearson, label
from leaderboard.pictures.picture import COLOURS, INK, style, svg
from leaderboard.records import Replicate

BINS, PER_BIN = 10, 10
SIZE = 2.3  # inches


def reliability_bins(replicates: Sequence[Replicate]) -> pd.DataFrame:
    """Bin predictions so that each bin holds about equally many, at least 10 patients and at most 10 bins.

    Of two classes the probability of the positive one is binned, of more that of the predicted class. Replicates
    (seeds) count as fractions of a patient.

    Returns:
        One row a bin: said (mean probability), true (share that came true), low, high (95 %), n (patients).
    """
    said, came_true = (np.concatenate(part) for part in zip(*map(_told, replicates), strict=True))
    n_rows = len(said) / len(replicates)
    edges = np.quantile(said, np.linspace(0, 1, 1 + int(np.clip(n_rows // PER_BIN, 1, BINS))))
    bins = np.searchsorted(np.unique(edges)[1:-1], said, side="right")
    table = pd.DataFrame({"said": said, "true": came_true}).groupby(bins).agg(["mean", "size"])
    n = table["said"]["size"].to_numpy(dtype=float) / len(replicates)
    share = table["true"]["mean"].to_numpy()
    low, high = clopper_pearson(share * n, n)
    return pd.DataFrame({"said": table["said"]["mean"].to_numpy(), "true": share, "low": low, "high": high, "n": n})


def _told(replicate: Replicate) -> tuple[np.ndarray, np.ndarray]:
    if replicate.proba.shape[1] == 2:
        return replicate.proba[:, 1], (replicate.y == 1).astype(float)
    return replicate.proba.max(axis=1), (label(replicate.proba) == replicate.y).astype(float)


def reliability(replicates: Sequence[Replicate], name: str) -> str:
    """Draw the bins of one entry as SVG; ``name`` is unique in the page."""
    table = reliability_bins(replicates)
    with style(f"reliability {name}"):
        figure = Figure(figsize=(SIZE, SIZE), layout="constrained", frameon=False)
        _draw(figure.subplots(subplot_kw={"frame_on": False}), table, replicates[0].proba.shape[1])
        return svg(figure)


def _draw(axes: Axes, table: pd.DataFrame, n_classes: int) -> None:
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
    axes.vlines(table["said"], table["low"], table["high"], color=COLOURS[0], linewidth=1.6)
    axes.plot(table["said"], table["true"], "o-", color=COLOURS[0], markersize=4, linewidth=0.8)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_aspect("equal")
    axes.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
    axes.set_yticks([0, 0.5, 1], ["0", ".5", "1"])
    axes.grid(color=INK, alpha=0.15)
    axes.set_xlabel("probability of positive" if n_classes == 2 else "confidence")
    axes.set_ylabel("share positive" if n_classes == 2 else "share right")
