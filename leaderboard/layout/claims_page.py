"""Claim cards: what a published claim says, why it is a trap, and where on this board it holds, fails or is open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from leaderboard.layout.shapes import ESTIMATE
from leaderboard.layout.wide_table import measured, named
from leaderboard.questions import LEAKY
from leaderboard.records import Board
from leaderboard.scores import Cell, Column, Table
from leaderboard.verdicts import CLAIMS, claim_table, is_leaky

PAGE = "claims.html"
VERDICTS = ("holds", "fails", "open")
UNTESTED = "not tested here, no task of this board fits it"


def claims_page(board: Board) -> dict[str, object]:
    """Return what the page of claims shows."""
    rows = _rows(board)
    return {
        "title": "Published claims",
        "generated": bool(rows["generated"].any()),
        "cards": [_card(i, rows) for i in range(len(CLAIMS))],
        "untested": UNTESTED,
    }


def claims_summary(board: Board) -> Table:
    """Return one row a claim: on how many test sets it holds, fails and is open."""
    rows = _rows(board)
    columns = (
        Column("claim", "What was published", numeric=False),
        *(Column(verdict, "Test sets of this board's tasks, leaky splits left out") for verdict in VERDICTS),
        Column("holds, leaky split", "Test sets on which it holds because patients are on both sides of the split"),
    )
    counts = [(named(claim.name), *_counts(rows[rows["claim"] == claim.name])) for claim in CLAIMS]
    return Table("Published claims, put to the test", columns, tuple(counts))


def anchors() -> dict[str, str]:
    """Return the name of each claim -> its card."""
    return {named(claim.name).text: f"{PAGE}#claim-{1 + i}" for i, claim in enumerate(CLAIMS)}


def verdict_lines(board: Board) -> dict[str, str]:
    """Return of each claim, by name, on how many test sets it holds, fails and is open, in words."""
    rows = _rows(board)
    return {claim.name: _line(rows[rows["claim"] == claim.name]) for claim in CLAIMS}


def _rows(board: Board) -> pd.DataFrame:
    """Return the table of claims with a column that says which splits are leaky on purpose."""
    leaky = {task.name for task in board.tasks if is_leaky(task)}
    table = claim_table(board)
    return table.assign(leaky=table["task"].isin(leaky))


def _line(rows: pd.DataFrame) -> str:
    if rows.empty:
        return UNTESTED
    *fair, leaky = _numbers(rows)
    told = ", ".join(f"{verdict} on {n}" for verdict, n in zip(VERDICTS, fair, strict=True))
    return f"{told} test sets" + (f"; holds on {leaky} of a leaky split" if leaky else "")


def _numbers(rows: pd.DataFrame) -> list[int]:
    fair = [int(((rows["verdict"] == verdict) & ~rows["leaky"]).sum()) for verdict in VERDICTS]
    return [*fair, int(((rows["verdict"] == "holds") & rows["leaky"]).sum())]


def _counts(rows: pd.DataFrame) -> list[Cell]:
    return [Cell(str(n), order=n) for n in _numbers(rows)]


def _card(i: int, rows: pd.DataFrame) -> dict[str, object]:
    claim = CLAIMS[i]
    mine = rows[rows["claim"] == claim.name]
    table = _table(mine) if len(mine) else None
    return {"claim": claim, "id": f"claim-{1 + i}", "verdict": _line(mine), "table": table}


def _table(rows: pd.DataFrame) -> Table:
    columns = (
        Column("task", "Name of the task", numeric=False),
        Column("cohort and split", "Recorded or generated; a leaky split is said so", numeric=False),
        Column("test set", "Whose patients were predicted", numeric=False),
        Column("verdict", "By the interval", numeric=False),
        Column("measured", "With its 95 % interval; a difference with that of the pair table"),
        Column("of", "Metric, and what it is compared with", numeric=False),
        Column("entry", "Whose figure it is", numeric=False),
        Column("read beside", "What the figure must not be read without", numeric=False),
    )
    return Table("Where it holds, fails or is open", columns, tuple(map(_row, rows.to_dict("records"))))


def _row(row: Mapping[Any, Any]) -> tuple[Cell, ...]:
    cohort = ("generated" if row["generated"] else "recorded") + (f"; {LEAKY}" if row["leaky"] else "")
    words = (row["task"], cohort, row["test_set"], row["verdict"])
    after = (str(row["metric"]).replace("_", " "), row["entry"], row["beside"])
    return (*(named(str(word)) for word in words), measured(row, ESTIMATE), *(named(str(word)) for word in after))
