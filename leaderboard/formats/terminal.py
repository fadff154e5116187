"""A board on the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from leaderboard.records import Board
from leaderboard.scores import BANNER, Cell, Table, TaskView, summary, views
from leaderboard.text import plain
from leaderboard.verdicts import READING, findings, interval_definition, notes, warnings


def show(board: Board, console: Console) -> None:
    """Print one table a task, with what is needed to read it."""
    for view in views(board):
        _show_task(view, console)
    made = f"suite {board.suite}, profile {board.profile}, commit {board.commit}, {board.date}. Not for clinical use."
    for line in ("", *READING, made):
        console.print(Text(plain(line), style="dim"))


def _show_task(view: TaskView, console: Console) -> None:
    console.print()
    console.print(Text(f"{plain(view.task.name)}: {plain(view.task.title)}", style="bold"))
    if view.task.generated:
        console.print(Text(BANNER, style="bold yellow"))
    for line in (*notes(view), interval_definition(view.board)):
        console.print(Text(plain(line)))
    _print_table(summary(view), console)
    for line in findings(view):
        console.print(Text(plain(line)))
    for line in warnings(view):
        console.print(Text(f"Warning: {plain(line)}", style="yellow"))


def _print_table(table: Table, console: Console) -> None:
    """Print the table; where it is too wide, leave optional columns out from the right and say which."""
    kept = list(range(len(table.columns)))
    optional = [i for i in kept if table.columns[i].optional]
    while optional and _width(_rich(table, kept), console) > console.width:
        kept.remove(optional.pop())
    console.print(_rich(table, kept))
    left_out = [column.name for i, column in enumerate(table.columns) if i not in kept]
    if left_out:
        console.print(Text(f"Too narrow for: {'; '.join(left_out)}. They are in the files.", style="dim"))


def _width(rich: RichTable, console: Console) -> int:
    return Measurement.get(console, console.options.update(max_width=10_000), rich).maximum


def _rich(table: Table, kept: list[int]) -> RichTable:
    rich = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for i in kept:
        column = table.columns[i]
        header = Text("\n".join([*column.header.split(" "), *column.where.split(" ")]).rstrip())
        rich.add_column(header, justify="right" if column.numeric else "left", overflow="fold")
    for row in table.rows:
        rich.add_row(*(_text(row[i]) for i in kept))
    return rich


def _text(cell: Cell) -> Text:
    if not cell.interval:
        # An entry with other parts keeps its commas: it is a name, not a list.
        return Text(cell.text.replace(", ", ",\n" if "[" in cell.text else "\n"))
    return Text.assemble(cell.text, "\n", (cell.interval.strip("[]").replace(", ", "–"), "dim"))
