"""A board as GitHub-flavoured Markdown."""

from __future__ import annotations

from leaderboard.layout import TITLE, standing, verdict_lines
from leaderboard.records import Board, Published
from leaderboard.scores import BANNER, FLAGS, Cell, Table, TaskView, details, summary, views
from leaderboard.text import markdown
from leaderboard.verdicts import CLAIMS, READING, findings, interval_definition, notes, warnings


def render_markdown(board: Board) -> str:
    """Return the page, ending in a newline."""
    blocks = [f"# {markdown(board.title)}", *(_task(view) for view in views(board))]
    legend = [f"- **{flag}**: {meaning}" for flag, meaning in FLAGS.items()]
    made = (
        f"Suite {board.suite}, profile {board.profile}, commit {board.commit}, {board.date}, made by: {board.command}"
    )
    blocks += ["## Published claims", _claims(board)]
    blocks += ["## How to read this", _items(READING), "## Flags", "\n".join(legend)]
    return "\n\n".join([*blocks, f"{markdown(made)}. Not for clinical use."]) + "\n"


def _task(view: TaskView) -> str:
    blocks = [f"## {markdown(view.task.name)}: {markdown(view.task.title)}"]
    if view.task.generated:
        blocks.append(f"> {BANNER}")
    above = (*notes(view), interval_definition(view.board))
    warned = [f"Warning: {line}" for line in warnings(view)]
    blocks += [_items(above), _items([*findings(view), *warned]), _table(summary(view))]
    for test_set in view.test_sets:
        table = details(view, test_set)
        blocks += [f"### {markdown(table.title)}", _table(table)]
    if view.task.published:
        blocks += [f"### {TITLE}", _items([_published(figure) for figure in view.task.published])]
    return "\n\n".join(filter(None, blocks))


def _published(figure: Published) -> str:
    return f"{figure.result} ({standing(figure)}). {figure.protocol}. {figure.citation}"


def _claims(board: Board) -> str:
    told = verdict_lines(board)
    return _items([f"{claim.name} ({claim.source}): {told[claim.name]}. Trap: {claim.trap}" for claim in CLAIMS])


def _items(lines: tuple[str, ...] | list[str]) -> str:
    return "\n".join(f"- {markdown(line)}" for line in lines)


def _table(table: Table) -> str:
    header = [markdown(column.name) for column in table.columns]
    rule = ["---:" if column.numeric else "---" for column in table.columns]
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *rows))


def _cell(cell: Cell) -> str:
    return f"{markdown(cell.text)} {cell.interval}".strip()
