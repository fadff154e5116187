"""A board as one self-contained HTML page: no network, light and dark, usable by keyboard and on a phone."""

from __future__ import annotations

from leaderboard.forest import forest
from leaderboard.results import Board
from leaderboard.statements import READING, findings, interval_definition, notes, warnings
from leaderboard.tables import FLAGS, TaskView, details, summary, views
from leaderboard.templating import LIBRARY, SCRIPT, STYLE, asset, environment


def render(board: Board) -> str:
    """Return the page, style and scripts within; every name in it is escaped by the template."""
    return (
        environment()
        .get_template("board.html")
        .render(
            board=board,
            tasks=[_task(view) for view in views(board)],
            legend=FLAGS,
            reading=READING,
            style=asset(STYLE),
            script=f"{asset(LIBRARY)}\n{asset(SCRIPT)}",
        )
    )


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
