"""The detailed scores of one test set as tables: by class, and of all classes together."""

from __future__ import annotations

import math

import pandas as pd

from leaderboard.measures import DETAILS, Detail
from leaderboard.scores import Cell, Column, Table, TaskView
from leaderboard.text import plain

Key = tuple[str, str, str]  # entry, class, metric


def detail_tables(view: TaskView, test_set: str) -> tuple[Table, ...]:
    """Return for each level that was scored a table of all classes together and one by class."""
    mine = view.board.details
    mine = mine[(mine["task"] == view.task.name) & (mine["test_set"] == test_set)]
    made = []
    for level, rows in mine.groupby("level"):
        cells = _cells(rows)
        where = f"{plain(test_set)}, scored by {level}"
        made += [_overall(view, cells, where), _by_class(view, cells, where)]
    return tuple(made)


def _cells(rows: pd.DataFrame) -> dict[Key, Cell]:
    columns = [rows[name].tolist() for name in ("entry", "class", "metric", "value", "low", "high")]
    return {(e, c, m): _cell(value, low, high) for e, c, m, value, low, high in zip(*columns, strict=True)}


def _cell(value: float, low: float, high: float) -> Cell:
    if math.isnan(value):
        return Cell("not evaluable")
    return Cell(f"{value:.3f}", f"[{low:.3f}, {high:.3f}]", value)


def _overall(view: TaskView, cells: dict[Key, Cell], where: str) -> Table:
    metrics = [metric for metric in DETAILS.values() if not metric.per_class]
    columns = (Column("entry", "Name of the entry", numeric=False), *map(_column, metrics))
    rows = tuple(
        (_named(entry), *(cells[entry, "", metric.name] for metric in metrics))
        for entry in view.entries
        if (entry, "", metrics[0].name) in cells
    )
    return Table(f"All classes together, {where}", columns, rows)


def _by_class(view: TaskView, cells: dict[Key, Cell], where: str) -> Table:
    metrics = [metric for metric in DETAILS.values() if metric.per_class]
    columns = (
        Column("entry", "Name of the entry", numeric=False),
        Column("class", "Against all other classes", numeric=False),
        *map(_column, metrics),
    )
    rows = tuple(
        (_named(entry), _named(name), *(cells[entry, name, metric.name] for metric in metrics))
        for entry in view.entries
        for name in view.task.classes
        if (entry, name, metrics[0].name) in cells
    )
    return Table(f"By class, {where}", columns, rows)


def _column(metric: Detail) -> Column:
    best = "nothing is best or worst" if metric.best is None else f"best is {metric.best:g}"
    return Column(metric.label, f"{metric.group}; {best}")


def _named(name: str) -> Cell:
    return Cell(plain(name), order=plain(name))
