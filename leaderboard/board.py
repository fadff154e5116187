"""Score tasks into a board and write it to files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from leaderboard.escape import csv_cell
from leaderboard.markdown import render as render_markdown
from leaderboard.metrics import METRICS
from leaderboard.page import render as render_page
from leaderboard.results import Board, TaskResult
from leaderboard.score import score
from leaderboard.tables import views


def build(
    tasks: Sequence[TaskResult],
    *,
    suite: str,
    title: str,
    profile: str,
    commit: str,
    date: str,
    command: str,
    resamples: int = 1000,
    seed: int = 0,
) -> Board:
    """Score every task; the same tasks and seed give the same board."""
    names = [task.name for task in tasks]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        raise ValueError(f"a board needs tasks with unique names; got {names}")
    scores = pd.concat([score(task, resamples=resamples, seed=seed) for task in tasks], ignore_index=True)
    return Board(suite, title, profile, commit, date, command, tuple(tasks), scores, resamples)


def write(board: Board, folder: Path) -> dict[str, Path]:
    """Write leaderboard.csv, leaderboard.md and leaderboard.html, each whole or not at all.

    Returns:
        "csv", "md", "html" -> path. The same board gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"csv": _csv(board), "md": render_markdown(board), "html": render_page(board)}
    return {kind: _replace(folder / f"leaderboard.{kind}", text) for kind, text in texts.items()}


def _csv(board: Board) -> str:
    """Return the long scores with what each row needs to stand alone."""
    table = board.scores.copy()
    table.insert(5, "higher_is_better", table["metric"].map({m.name: m.higher_is_better for m in METRICS.values()}))
    flags = {(v.task.name, entry): ", ".join(v.flags(entry)) for v in views(board) for entry in v.task.entries}
    table["flags"] = [flags[key] for key in zip(table["task"], table["entry"], strict=True)]
    table["generated"] = table["task"].map({task.name: task.generated for task in board.tasks})
    table = table.assign(suite=board.suite, profile=board.profile, commit=board.commit, date=board.date)
    texts = [name for name in table.columns if pd.api.types.is_string_dtype(table[name])]
    table[texts] = table[texts].map(csv_cell)
    return table.to_csv(index=False, lineterminator="\n")


def _replace(path: Path, text: str) -> Path:
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as scratch:
        whole = Path(scratch) / path.name
        with whole.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(whole, path)
    return path
