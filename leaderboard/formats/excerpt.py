"""A short Markdown table of a published board, one column a task, for a front page."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from leaderboard.text import markdown


def excerpt(scores: pd.DataFrame, columns: Sequence[tuple[str, str, str]]) -> str:
    """Return one row an entry, best first by the first column, each value with its interval.

    Args:
        scores: The long table of ``leaderboard.csv``.
        columns: (task, test set, metric) of each column.

    Raises:
        ValueError: If the table has no such column.
    """
    parts = [_column(scores, *column) for column in columns]
    table = pd.concat(parts, axis=1).loc[parts[0].index]
    header = ["entry", *(f"{task}: {metric.replace('_', ' ')}, {where}" for task, where, metric in columns)]
    lines = [header, ["---"] * len(header), *([markdown(entry), *row] for entry, *row in table.itertuples(name=None))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _column(scores: pd.DataFrame, task: str, test_set: str, metric: str) -> pd.Series:
    chosen = (scores["task"] == task) & (scores["test_set"] == test_set) & (scores["metric"] == metric)
    rows = scores[chosen].set_index("entry").sort_values("value", ascending=False, na_position="last")
    if rows.empty:
        raise ValueError(f"no scores of task {task!r}, test set {test_set!r}, metric {metric!r}")
    return rows.apply(_cell, axis=1)


def _cell(row: pd.Series) -> str:
    return "–" if pd.isna(row["value"]) else f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
