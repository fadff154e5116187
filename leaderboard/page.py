"""A board as one self-contained HTML page: no network, light and dark, usable by keyboard and on a phone."""

from __future__ import annotations

from pathlib import Path

import jinja2

from leaderboard.escape import plain
from leaderboard.forest import forest
from leaderboard.results import Board
from leaderboard.statements import READING, findings, interval_definition, notes, warnings
from leaderboard.tables import BANNER, FLAGS, TaskView, details, summary, views

TEMPLATES = Path(__file__).parent / "templates"


def render(board: Board) -> str:
    """Return the page; every name in it is escaped by the template."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    tasks = [_task(view) for view in views(board)]
    page = environment.get_template("board.html")
    return page.render(board=board, tasks=tasks, banner=BANNER, legend=FLAGS, reading=READING)


def _task(view: TaskView) -> dict[str, object]:
    return {
        "task": view.task,
        "summary": summary(view),
        "details": [details(view, test_set) for test_set in view.test_sets],
        "forest": forest(view),
        "notes": notes(view),
        "interval": interval_definition(view.board),
        "findings": findings(view),
        "warnings": warnings(view),
        "headline": view.headline.label,
    }
