"""A board as LaTeX tables with booktabs, one a task, to be put into a paper."""

from __future__ import annotations

from leaderboard.records import Board
from leaderboard.scores import BANNER, Cell, Column, Table, TaskView, summary, views
from leaderboard.text import latex
from leaderboard.verdicts import interval_definition

_LEFT_OUT = ("seconds", "flags")
_HEAD = (
    r"% needs \usepackage{booktabs,graphicx}; compile this file alone, or \input one of its tables",
    r"\documentclass{article}",
    r"\usepackage[T1]{fontenc}",
    r"\usepackage[utf8]{inputenc}",
    r"\usepackage{textcomp,booktabs,graphicx}",
    r"\usepackage[landscape,margin=1.5cm]{geometry}",
    r"\begin{document}",
)


def render_latex(board: Board) -> str:
    """Return a document that compiles on its own, ending in a newline."""
    made = (
        f"Suite {board.suite}, profile {board.profile}, commit {board.commit}, {board.date}, made by: {board.command}. "
        "Not for clinical use."
    )
    tables = [line for view in views(board) for line in (*_table(view), "")]
    return "\n".join([*_HEAD, "", *tables, rf"\noindent {latex(made)}", r"\end{document}"]) + "\n"


def _table(view: TaskView) -> list[str]:
    shown = summary(view)
    kept = [i for i, column in enumerate(shown.columns) if column.header not in _LEFT_OUT]
    columns = [shown.columns[i] for i in kept]
    return [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{_caption(view, shown)}}}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{''.join('r' if column.numeric else 'l' for column in columns)}}}",
        r"\toprule",
        " & ".join(_header(column) for column in columns) + r" \\",
        r"\midrule",
        *(" & ".join(_cell(row[i]) for i in kept) + r" \\" for row in shown.rows),
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
    ]


def _caption(view: TaskView, shown: Table) -> str:
    told = f"{view.task.title}. {shown.title}. {interval_definition(view.board)}."
    return latex(f"{told} {BANNER[0].upper()}{BANNER[1:]}." if view.task.generated else told)


def _header(column: Column) -> str:
    where = rf"\\{{\footnotesize {latex(column.where)}}}" if column.where else ""
    return rf"\shortstack[{'r' if column.numeric else 'l'}]{{{latex(column.header)}{where}}}"


def _cell(cell: Cell) -> str:
    return rf"{latex(cell.text)} {{\footnotesize {latex(cell.interval)}}}" if cell.interval else latex(cell.text)
