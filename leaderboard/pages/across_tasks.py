"""What the first page says over all tasks: ranks, wins, entries and datasets."""

from __future__ import annotations

import pandas as pd

from leaderboard.inference import FEWEST, CriticalDifference, critical_difference
from leaderboard.pages.curves import curves_of
from leaderboard.pictures import FEWEST as FEWEST_TO_WIN
from leaderboard.pictures import critical_difference_plot, win_rate_plot, win_rates
from leaderboard.records import Board
from leaderboard.scores import BANNER, Cell, Column, Table, TaskView
from leaderboard.text import plain

LEVEL = 0.05
METRIC = "balanced_accuracy"  # one metric for all tasks, so that differences of tasks can be ranked together


def across_tasks(board: Board, views: tuple[TaskView, ...], *, pictures: bool) -> dict[str, object]:
    """Return the critical-difference diagram and the win rates, or why there are none."""
    ranks, lines = _ranks(views)
    told: dict[str, object] = {"lines": [*_generated(views), *lines], "ranks": "", "rank_table": None}
    if ranks is not None:
        told |= {"ranks": critical_difference_plot(ranks) if pictures else "", "rank_table": _rank_table(ranks)}
    return {**told, "curves": curves_of(views, pictures=pictures), **_wins(board, pictures=pictures)}


def _generated(views: tuple[TaskView, ...]) -> list[str]:
    names = [plain(view.task.name) for view in views if view.task.generated]
    return [f"{', '.join(names)}: {BANNER}."] if names else []


def _ranks(views: tuple[TaskView, ...]) -> tuple[CriticalDifference | None, list[str]]:
    """Return the ranks, if there are any, and what to say of them."""
    if len(views) < FEWEST:
        return None, [f"No critical-difference diagram: {len(views)} tasks, a Wilcoxon test over tasks needs {FEWEST}."]
    scores = complete_scores(views)
    if scores.shape[1] < 2:
        return None, ["No critical-difference diagram: fewer than two entries have a result on every task."]
    entries = dict.fromkeys(entry for view in views for entry in view.task.entries)
    left_out = [plain(entry) for entry in entries if entry not in scores.columns]
    lines = [f"Not ranked, for want of a result on some task: {', '.join(left_out)}."] if left_out else []
    return critical_difference(scores, higher_is_better=True), [*lines, *_too_few(*scores.shape)]


def _too_few(n_tasks: int, n_entries: int) -> list[str]:
    """Say so where even the smallest p-value of a signed-rank test would not survive the correction."""
    n_pairs = n_entries * (n_entries - 1) // 2
    if n_pairs * 2.0 ** (1 - n_tasks) < LEVEL:
        return []
    return [f"{n_tasks} tasks are too few to tell any of {n_pairs} pairs apart: one group says nothing."]


def complete_scores(views: tuple[TaskView, ...]) -> pd.DataFrame:
    """Return balanced accuracy on each task's first test set, (tasks, entries that are ranked on all of them).

    An entry that is the same model as another on a task ranks there as the other does.
    """
    columns = {}
    for view in views:
        rows = view.at(view.test_sets[0], METRIC)
        known = rows[rows["comparable"].astype(bool)].set_index("entry")["value"]
        same = {entry: known[other] for entry, other in view.same.items() if other in known}
        columns[view.task.name] = pd.concat([known, pd.Series(same, dtype=float)])
    return pd.DataFrame(columns).T.dropna(axis=1)


def _rank_table(found: CriticalDifference) -> Table:
    columns = (
        Column("entry", "Name of the entry", numeric=False),
        Column("mean rank", f"Over {found.n_tasks} tasks, 1 is best"),
        Column("groups", "Entries of a group are not told apart", numeric=False),
    )
    rows = []
    for entry, rank in found.ranks.items():
        groups = ", ".join(str(1 + i) for i, group in enumerate(found.groups) if entry in group)
        rows.append((_named(str(entry)), Cell(f"{rank:.2f}", order=float(rank)), Cell(groups or "–", order=groups)))
    return Table("Mean ranks on balanced accuracy", columns, tuple(rows))


def _wins(board: Board, *, pictures: bool) -> dict[str, object]:
    if board.pairs["task"].nunique() < FEWEST_TO_WIN:
        return {"wins": "", "win_table": None}
    return {"wins": win_rate_plot(board.pairs) if pictures else "", "win_table": _win_table(win_rates(board.pairs))}


def _win_table(rates: pd.DataFrame) -> Table:
    columns = (
        Column("entry", "Scores above the entry of the column", numeric=False),
        *(Column(plain(entry), "Share of the shared tasks on which it is beaten") for entry in rates.columns),
    )
    rows = tuple(
        (_named(str(entry)), *map(_rate, values)) for entry, values in zip(rates.index, rates.to_numpy(), strict=True)
    )
    return Table("Win rates", columns, rows)


def _rate(value: float) -> Cell:
    return Cell("–") if pd.isna(value) else Cell(f"{value:.0%}", order=float(value))


def _named(name: str) -> Cell:
    return Cell(plain(name), order=plain(name))
