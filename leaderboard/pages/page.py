"""A board as one self-contained HTML page: no network, light and dark, usable by keyboard and on a phone."""

from __future__ import annotations

from leaderboard.layout import claims_page, published_table
from leaderboard.pages.templating import LIBRARY, SCRIPT, STYLE, asset, environment
from leaderboard.pictures import forest
from leaderboard.records import Board
from leaderboard.scores import TaskView, details, summary, views
from leaderboard.verdicts import LEGEND, READING, findings, interval_definition, marked_table, notes, warnings


def render_page(board: Board, *, pictures: bool = True) -> str:
    """Return the page, style and scripts within; every name in it is escaped by the template."""
    return (
        environment()
        .get_template("board.html")
        .render(
            board=board,
            tasks=[_task(view, pictures=pictures) for view in views(board)],
            legend=LEGEND,
            cards=claims_page(board)["cards"],
            reading=READING,
            style=asset(STYLE),
            script=f"{asset(LIBRARY)}\n{asset(SCRIPT)}",
        )
    )


def _task(view: TaskView, *, pictures: bool) -> dict[str, object]:
    return {
        "task": view.task,
        "summary": marked_table(summary(view), view.task),
        "details": [marked_table(details(view, test_set), view.task) for test_set in view.test_sets],
        "forest": forest(view) if pictures else "",
        "notes": notes(view),
        "interval": interval_definition(view.board),
        "findings": findings(view),
        "warnings": warnings(view),
        "headline": view.headline.label,
        "published": published_table(view.task.published),
    }
