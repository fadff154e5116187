"""Boards written down by hand: nothing is scored, so that what a page makes of each figure can be told beforehand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from leaderboard.records.results import Board, TaskResult
from leaderboard.scores.tables import Table, TaskView
from tests.leaderboard.shared_board import FACTS

Scores = Mapping[tuple[str, str, str], tuple[float, float, float, int]]  # (test set, metric, entry) -> its figures


def hand_task(name: str, entries: Sequence[str], **changed: object) -> TaskResult:
    """Return a task of three classes and one patient, of which every entry has one done trial."""
    trials = pd.DataFrame({"entry": list(entries), "seed": 0, "fold": 0, "status": "done", "stale": False})
    trials = trials.assign(tuned=None, seconds=np.arange(1.0, 1 + len(entries)), error="")
    first = {"seed": 0, "fold": 0, "role": "test", "specimen": "S0", "patient": "P0", "domain": "A", "y": 0}
    told = pd.DataFrame([{"entry": entry, **first, "p0": 1.0, "p1": 0.0, "p2": 0.0} for entry in entries])
    facts = {"title": "", "dataset": name, "classes": ("X", "Y", "Z"), "positive": None, "generated": False}
    facts |= {"flags": (), "notes": (), "predictions": told, "trials": trials}
    return TaskResult(name=name, **facts | changed)  # type: ignore[arg-type]


def hand_board(scores: Mapping[str, Scores], tasks: Sequence[TaskResult], **tables: object) -> Board:
    """Return a board of tasks with the scores that are given for each by name; NaN is not comparable."""
    rows = [
        (task.name, entry, test_set, metric, *figures)
        for task in tasks
        for (test_set, metric, entry), figures in scores[task.name].items()
    ]
    table = pd.DataFrame(rows, columns=["task", "entry", "test_set", "metric", "value", "low", "high", "tie"])
    table = table.assign(comparable=table["value"].notna(), n_patients=40, n_specimens=50, note="")
    table = table.assign(floor=0.01, vs_prior=float("nan"))
    empty = {
        "pairs": pd.DataFrame(columns=["task", "a", "b", "difference"]),
        "details": pd.DataFrame(columns=["task", "test_set", "level"]),
        "further": {},
    }
    return Board(**FACTS, tasks=tuple(tasks), scores=table, **empty | tables)  # type: ignore[arg-type]


def hand_view(task: TaskResult, scores: Scores, **tables: object) -> TaskView:
    """Return one task alone on a board."""
    return TaskView(hand_board({task.name: scores}, [task], **tables), task)


def texts(table: Table) -> list[list[str]]:
    """Return what the cells say, their intervals in brackets left out."""
    return [[cell.text for cell in row] for row in table.rows]


def check_table(table: Table) -> None:
    """Fail where a column of words claims to be one of numbers, or a cell is not sorted by what it shows."""
    assert table.title
    assert all(len(row) == len(table.columns) for row in table.rows)
    for column, *cells in zip(table.columns, *table.rows, strict=True):
        for cell in cells:
            if not column.numeric:
                assert cell.order == cell.text or (cell.text == "–" and cell.order in ("", "–")), (column, cell)
            elif re.fullmatch(r"[+-]?[\d,]+(\.\d+)?( ?%)?", cell.text):
                digits = len(cell.text.rstrip(" %").partition(".")[2])
                shown = float(cell.text.replace(",", "").rstrip(" %")) / (100 if cell.text.endswith("%") else 1)
                near = 0.51 * 10.0 ** -(digits + 2 * cell.text.endswith("%"))
                assert isinstance(cell.order, int | float) and cell.order == pytest.approx(shown, abs=near), (
                    column,
                    cell,
                )
            else:
                assert not isinstance(cell.order, str), (column, cell)
                assert (cell.order is None) != bool(re.search(r"\d", cell.text)), (column, cell)
