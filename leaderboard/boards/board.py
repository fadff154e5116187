"""Score tasks into a board and write it to files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from leaderboard.boards.parts import compute
from leaderboard.boards.parts import tables as scored_tables
from leaderboard.boards.score_cache import ScoreCache
from leaderboard.formats import render_latex, render_markdown
from leaderboard.measures import METRICS
from leaderboard.pages import render_page, write_site
from leaderboard.records import Board, ResultError, TaskResult, quarantined, replace_bytes
from leaderboard.scores import views
from leaderboard.text import csv_cell
from leaderboard.verdicts import claim_table


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
    cache: ScoreCache | None = None,
) -> Board:
    """Score every task; the same tasks and seed give the same board. Entries that cannot be scored become holes.

    With a ``cache`` the parts that it holds are not scored again; parts of it that this board has not are dropped.
    """
    names = [task.name for task in tasks]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        raise ResultError(f"a board needs tasks with unique names; got {names}")
    clean = tuple(quarantined(task)[0] for task in tasks)
    keep = compute if cache is None else cache.tables
    found = scored_tables(clean, resamples=resamples, seed=seed, keep=keep)
    if cache is not None:
        cache.drop_unused()
    scores, details, compared = (found.pop(name) for name in ("scores", "details", "pairs"))
    return Board(suite, title, profile, commit, date, command, clean, scores, details, compared, found, resamples)


def texts(board: Board) -> dict[str, str]:
    """Return file name -> text of every table of a board; the same board gives the same bytes."""
    return {
        "leaderboard.csv": _csv(board),
        "details.csv": _safe_csv(board.details),
        "pairs.csv": _safe_csv(board.pairs),
        "claims.csv": _safe_csv(claim_table(board)),
        **{f"{name}.csv": _safe_csv(table) for name, table in board.further.items()},
        "leaderboard.md": render_markdown(board),
        "leaderboard.tex": render_latex(board),
        "leaderboard.json": _json(board),
    }


def write(board: Board, folder: Path, *, site: bool = True) -> dict[str, Path]:
    """Write every table, the one-page board and, unless ``site`` is false, the site, each file whole or not at all.

    Returns:
        File name -> path; "site" is the site's first page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {**texts(board), "leaderboard.html": render_page(board)}
    written = {name: replace_bytes(folder / name, text.encode()) for name, text in files.items()}
    return {**written, "site": write_site(board, folder / "site")["index.html"]} if site else written


def _csv(board: Board) -> str:
    """Return the long scores with what each row needs to stand alone."""
    table = board.scores.copy()
    table.insert(5, "higher_is_better", table["metric"].map({m.name: m.higher_is_better for m in METRICS.values()}))
    flags = {(v.task.name, entry): ", ".join(v.flags(entry)) for v in views(board) for entry in v.task.entries}
    table["flags"] = [flags[key] for key in zip(table["task"], table["entry"], strict=True)]
    table["generated"] = table["task"].map({task.name: task.generated for task in board.tasks})
    table = table.assign(suite=board.suite, profile=board.profile, commit=board.commit, date=board.date)
    return _safe_csv(table)


def _safe_csv(table: pd.DataFrame) -> str:
    texts = [name for name in table.columns if pd.api.types.is_string_dtype(table[name])]
    safe = table.assign(**{name: table[name].map(csv_cell) for name in texts})
    return safe.to_csv(index=False, lineterminator="\n")


def _json(board: Board) -> str:
    """Return the board for programs: facts, scores, details and pairs; NaN is null."""
    tables = {"scores": board.scores, "details": board.details, "pairs": board.pairs, **board.further}
    rows = {name: json.loads(table.to_json(orient="records", double_precision=12)) for name, table in tables.items()}
    facts = {name: getattr(board, name) for name in ("suite", "title", "profile", "commit", "date", "command")}
    generated = [task.name for task in board.tasks if task.generated]
    told = {**facts, "generated": generated, "note": "Not for clinical use.", **rows}
    return json.dumps(told, indent=None, ensure_ascii=False, separators=(",", ":")) + "\n"
