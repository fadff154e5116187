"""What entries cost to compute: time to fit, parameters, time to predict; and which ones nothing beats at the price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leaderboard.records import TaskResult
from leaderboard.scores import Cell, Column, Table, TaskView
from leaderboard.text import plain


@dataclass(frozen=True)
class Cost:
    """One column of ``TaskResult.trials``.

    Attributes:
        name: Heading.
        meaning: One line, also the axis of the picture.
        least: What is below is not told apart.
        shown: Format of a value.
        unknown: Said where the trials do not tell.
    """

    name: str
    meaning: str
    least: float
    shown: str = "{:.2f}"
    unknown: str = "not recorded"


COSTS = {
    "seconds": Cost("seconds a trial", "seconds a trial: tuning, fit and prediction (mean)", 0.01),
    "fit_seconds": Cost("fit seconds", "seconds to fit once, tuning left out (mean)", 0.01, unknown="not counted"),
    "n_parameters": Cost(
        "parameters", "weights, coefficients or tree nodes (mean)", 1.0, shown="{:,.0f}", unknown="not counted"
    ),
    "latency_ms": Cost(
        "ms a specimen", "milliseconds a specimen at prediction (mean)", 0.001, shown="{:.3f}", unknown="not counted"
    ),
}
DRAWN = ("fit_seconds", "n_parameters", "latency_ms")


def spent(task: TaskResult) -> pd.DataFrame:
    """Return the mean of each cost over the done trials of each entry, NaN where one of them does not tell.

    Returns:
        One row an entry that has a done trial, index ``entry``, columns ``COSTS``, float64.
    """
    done = task.trials[task.trials["status"] == "done"]
    told = done.reindex(columns=["entry", *COSTS]).astype(dict.fromkeys(COSTS, float)).groupby("entry")
    return told.mean().where(told.count().eq(told.size(), axis=0))


def costs(view: TaskView) -> pd.DataFrame:
    """Return one row a ranked entry: entry, family, ``COSTS``, value, front (the costs on which it is unbeaten).

    An entry is unbeaten when none is at least as good for less, by the headline on the first test set.
    """
    rows = view.at(view.test_sets[0], view.headline.name)
    values = rows[rows["comparable"].astype(bool)].set_index("entry")["value"]
    names = [entry for entry in view.entries if entry in values.index]
    table = spent(view.task).reindex(names).assign(value=values[names].astype(float))
    fronts = {name: set(_front(table[name].clip(lower=COSTS[name].least), table["value"])) for name in drawn(table)}
    unbeaten = [tuple(name for name, entries in fronts.items() if entry in entries) for entry in names]
    front = pd.Series(unbeaten, index=table.index, dtype=object)
    families = [view.task.families.get(entry, "other") for entry in names]
    return table.assign(front=front, family=families).rename_axis("entry").reset_index()


def _front(cost: pd.Series, value: pd.Series) -> list[str]:
    known = pd.DataFrame({"cost": cost, "value": value}).dropna()
    cheapest = known.sort_values(["cost", "value"], ascending=[True, False], kind="stable")
    better = cheapest["value"] > cheapest["value"].cummax().shift(fill_value=-np.inf)
    return cheapest.index[better].tolist()


def drawn(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the costs that are known of some entry; boards of old trials know the seconds of a trial alone."""
    return tuple(name for name in DRAWN if table[name].notna().any()) or ("seconds",)


def columns(names: Iterable[str]) -> tuple[Column, ...]:
    """Return the headings of costs, and of those on which an entry is unbeaten."""
    last = Column("unbeaten on", "No ranked entry is both cheaper and at least as good", numeric=False)
    return (*(Column(COSTS[name].name, COSTS[name].meaning) for name in names), last)


def cells(row: pd.Series, names: Iterable[str]) -> tuple[Cell, ...]:
    """Return the cells under ``columns``."""
    front = ", ".join(COSTS[name].name for name in row["front"])
    return (*(_cell(row[name], COSTS[name]) for name in names), Cell(front or "–", order=front))


def _cell(value: float, cost: Cost) -> Cell:
    return Cell(cost.unknown) if np.isnan(value) else Cell(_said(value, cost), order=float(value))


def _said(value: float, cost: Cost) -> str:
    return cost.shown.format(value) if value >= cost.least else f"<{cost.least:g}"


def entry_costs(entry: str, tables: Mapping[str, pd.DataFrame], marks: Mapping[str, str]) -> Table:
    """Return the costs of one entry, one row a task on which it is ranked.

    Args:
        entry: Its name.
        tables: Task -> ``costs``.
        marks: Task -> what stands under its name; "" for nothing.
    """
    rows = {task: row for task, table in tables.items() for _, row in table[table["entry"] == entry].iterrows()}
    names = ("seconds", *(name for name in DRAWN if any(not np.isnan(row[name]) for row in rows.values())))
    made = tuple((Cell(plain(task), marks[task], order=plain(task)), *cells(row, names)) for task, row in rows.items())
    return Table(f"Costs of {plain(entry)}", (Column("task", "Name of the task", numeric=False), *columns(names)), made)


def cost_words(row: pd.Series) -> str:
    """Return the costs of ``DRAWN`` that are known of an entry, in words; "" where none is."""
    return ", ".join(f"{_said(row[name], COSTS[name])} {COSTS[name].name}" for name in DRAWN if not np.isnan(row[name]))
