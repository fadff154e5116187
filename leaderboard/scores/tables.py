"""Pivot the long scores once into the tables that the terminal, Markdown and HTML print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from leaderboard.measures import METRICS, Metric, headline, metrics_for
from leaderboard.records import IN_DOMAIN, SHIFTED, WORST, Board, TaskResult, hole_notes, is_applicable, same_as
from leaderboard.scores.rows import stale_entries
from leaderboard.text import plain

BANNER = "generated cohort: figures describe algorithms, not patients"
FLAGS = {
    "hole": "a planned trial of this entry is not done; nothing is averaged in its place",
    "not applicable": "the entry cannot run on this dataset",
    "same as": "this dataset leaves the same of both recipes: one model, scored once, in the row that is named",
    "stale": "the code has changed since this row was computed; it is not ranked",
    "untuned": "published default hyper-parameters",
    "modified copy": "the data files differ from the pinned ones; do not compare with other copies",
}


@dataclass(frozen=True)
class Column:
    """A heading.

    Attributes:
        header: The metric, or what else the cells are.
        meaning: One line for who points at it.
        where: The test set, if any.
        numeric: Cells are numbers.
        optional: A narrow terminal may leave it out.
    """

    header: str
    meaning: str
    where: str = ""
    numeric: bool = True
    optional: bool = False

    @property
    def name(self) -> str:
        """Header and test set in one line."""
        return f"{self.header}, {self.where}" if self.where else self.header


@dataclass(frozen=True)
class Cell:
    """What is printed, its interval, and what a click on the heading sorts by (None: nothing to sort)."""

    text: str
    interval: str = ""
    order: float | str | None = None


@dataclass(frozen=True)
class Table:
    """Cells in reading order."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Score(NamedTuple):
    """One measured cell; NaN for a hole, tie 0 where not ranked."""

    value: float
    low: float
    high: float
    tie: int


@dataclass(frozen=True)
class TaskView:
    """One task of a board, ready to print."""

    board: Board
    task: TaskResult

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The task's rows of the board's scores."""
        return self.board.scores[self.board.scores["task"] == self.task.name]

    @cached_property
    def test_sets(self) -> tuple[str, ...]:
        """Test sets, the one that orders the table first, then the other summaries, then the domains."""
        names = list(dict.fromkeys(self.scores["test_set"]))
        summaries = [name for name in (IN_DOMAIN, WORST, SHIFTED) if name in names]
        return (*summaries, *(name for name in names if name not in summaries))

    @cached_property
    def headline(self) -> Metric:
        """The metric that orders the table."""
        return headline(len(self.task.classes))

    @cached_property
    def cells(self) -> dict[tuple[str, str, str], Score]:
        """(entry, test set, metric) -> what was measured."""
        table = self.scores
        keys = zip(table["entry"], table["test_set"], table["metric"], strict=True)
        ties = table["tie"].fillna(0).astype(int)
        return dict(zip(keys, map(Score, table["value"], table["low"], table["high"], ties), strict=True))

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """Entries, best first by the headline; holes last."""
        sign = -1 if self.headline.higher_is_better else 1
        first = self.at(self.test_sets[0], self.headline.name).set_index("entry")["value"]
        return tuple(sorted(first.index, key=lambda entry: (np.isnan(first[entry]), sign * first[entry], entry)))

    def at(self, test_set: str, metric: str) -> pd.DataFrame:
        """Return the rows of one test set and metric."""
        return self._rows[test_set, metric]

    @cached_property
    def _rows(self) -> dict[tuple[str, str], pd.DataFrame]:
        return dict(iter(self.scores.groupby(["test_set", "metric"], sort=False)))  # type: ignore[arg-type]

    @cached_property
    def further(self) -> dict[str, pd.DataFrame]:
        """Name -> the task's rows of each further table of the board; of a ladder or curve, those of all its tasks."""
        wanted = {"ladder": self.task.ladder, "curve": self.task.curve, "task": self.task.name}
        tables = {name: (table, next(c for c in wanted if c in table)) for name, table in self.board.further.items()}
        return {name: table[table[column] == wanted[column]] for name, (table, column) in tables.items()}

    @cached_property
    def holes(self) -> dict[str, str]:
        """Entry -> what is missing."""
        return hole_notes(self.task)

    @cached_property
    def unfit(self) -> frozenset[str]:
        """Entries that cannot run on this task."""
        return frozenset(entry for entry in self.holes if not is_applicable(self.task, entry))

    @cached_property
    def same(self) -> dict[str, str]:
        """Entry -> the entry that is the same model on this task."""
        return same_as(self.task)

    def row(self, entry: str) -> str:
        """Return the entry in whose row the scores of an entry are."""
        return self.same.get(entry, entry)

    @cached_property
    def trials(self) -> dict[str, pd.DataFrame]:
        """Entry -> its planned trials."""
        return {str(entry): trials for entry, trials in self.task.trials.groupby("entry", sort=False)}

    @cached_property
    def seconds(self) -> dict[str, float]:
        """Entry -> time of all its trials."""
        return {entry: float(trials["seconds"].sum()) for entry, trials in self.trials.items()}

    def flags(self, entry: str) -> tuple[str, ...]:
        """Return what a reader must know of this entry's row."""
        return self._flags[entry]

    @cached_property
    def _flags(self) -> dict[str, tuple[str, ...]]:
        stale = stale_entries(self.task)
        return {entry: self._flags_of(entry, entry in stale) for entry in self.task.entries}

    def _flags_of(self, entry: str, is_stale: bool) -> tuple[str, ...]:
        if entry in self.unfit:
            return ("not applicable",)
        if entry in self.same:
            return (f"same as {self.same[entry]}",)
        is_untuned = not all(self.trials[entry]["tuned"].dropna())
        own = {"hole": entry in self.holes, "stale": is_stale, "untuned": is_untuned}
        return (*(flag for flag, is_set in own.items() if is_set), *self.task.flags)


@lru_cache(maxsize=1)
def views(board: Board) -> tuple[TaskView, ...]:
    """Return the tasks of a board in order; the last board's are kept, with all that was derived from them."""
    return tuple(TaskView(board, task) for task in board.tasks)


def summary(view: TaskView) -> Table:
    """Return the table of a task: ties, the headline everywhere, other figures where the table is ordered."""
    first, metric = view.test_sets[0], view.headline
    wanted = [(test_set, metric.name) for test_set in view.test_sets]
    wanted += [(first, "auroc" if metric.name != "auroc" else "balanced_accuracy"), (first, "nll"), (first, "ece")]
    scored = [_score_column(test_set, METRICS[name]) for test_set, name in wanted]
    columns = (
        Column("tie", f"Tie group on {metric.label}, {plain(first)}: entries of one group cannot be told apart"),
        Column("entry", "Name of the entry", numeric=False),
        replace(scored[0], optional=False),
        *scored[1:],
        Column("seconds", "Time of all its trials, fit and prediction", optional=True),
        Column("flags", "See the legend", numeric=False),
    )
    rows = tuple(_summary_row(view, entry, wanted) for entry in view.entries)
    return Table(f"{plain(view.task.name)}, best first by {metric.label}, {plain(first)}", columns, rows)


def details(view: TaskView, test_set: str) -> Table:
    """Return every metric on one test set."""
    metrics = metrics_for(len(view.task.classes))
    columns = (Column("entry", "Name of the entry", numeric=False), *(_score_column(test_set, m) for m in metrics))
    rows = tuple(
        (_name(entry), *(_score(view, entry, test_set, metric.name) for metric in metrics)) for entry in view.entries
    )
    return Table(f"{plain(view.task.name)}, every metric, {plain(test_set)}", columns, rows)


def _score_column(test_set: str, metric: Metric) -> Column:
    direction = "higher is better" if metric.higher_is_better else "lower is better"
    if metric.reference:
        direction = "a property of the labels, to read F1 against"
    where = plain(test_set)
    return Column(metric.label, f"{metric.label} on {where}; {direction}", where, optional=True)


def _summary_row(view: TaskView, entry: str, wanted: Iterable[tuple[str, str]]) -> tuple[Cell, ...]:
    group = view.cells[entry, view.test_sets[0], view.headline.name].tie
    tie = Cell(str(group), order=group) if group else Cell("–")
    spent = view.seconds[entry]
    flags = ", ".join(plain(flag) for flag in view.flags(entry))
    scores = (_score(view, entry, test_set, metric) for test_set, metric in wanted)
    return (tie, _name(entry), *scores, Cell(f"{spent:.1f}", order=spent), Cell(flags, order=flags))


def _name(entry: str) -> Cell:
    return Cell(plain(entry), order=plain(entry))


def _score(view: TaskView, entry: str, test_set: str, metric: str) -> Cell:
    score = view.cells[entry, test_set, metric]
    if not np.isnan(score.value):
        bounds = "" if np.isnan(score.low) else f"[{score.low:.3f}, {score.high:.3f}]"
        return Cell(f"{score.value:.3f}", bounds, score.value)
    if entry not in view.holes:
        return Cell("not evaluable")
    return Cell("n/a" if entry in view.unfit else "same" if entry in view.same else "hole")
