"""A table as HTML, written by hand because a page holds thousands of cells: four times as fast as a template."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from markupsafe import Markup

from leaderboard.scores import Cell, Column, Table

Links = Mapping[str, Mapping[str, str]]  # header of a column -> text of a cell -> page
NOWHERE: Mapping[str, str] = {}
NO_LINKS: Links = {}


def table_html(table: Table, name: str, links: Links = NO_LINKS, head: str = "entry") -> Markup:
    """Return the table in a region that scrolls sideways; everything is escaped.

    Args:
        table: Cells in reading order.
        name: Identifier of the caption, unique in the page.
        links: Where the names in a column lead.
        head: Header of the column that names the rows.
    """
    heads = "".join(map(_head, table.columns))
    kinds = [_kind(column, column.header == head) for column in table.columns]
    targets = [links.get(column.header, NOWHERE) for column in table.columns]
    rows = "\n".join(f"<tr>{''.join(map(_cell, row, kinds, targets))}</tr>" for row in table.rows)
    return Markup(
        f'<div class="scroll" role="region" tabindex="0" aria-labelledby="{escape(name)}">\n<table class="sortable">\n'
        f'<caption><span id="{escape(name)}">{escape(table.title)}</span></caption>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )


def _head(column: Column) -> str:
    number = ' class="number"' if column.numeric else ""
    where = f" <small>{escape(column.where)}</small>" if column.where else ""
    return f'<th scope="col"{number} title="{escape(column.meaning)}">{escape(column.header)}{where}</th>'


def _kind(column: Column, is_head: bool) -> tuple[str, str]:
    """Return the opening tag of a column's cells, without its end, and the closing one."""
    number = ' class="number"' if column.numeric else ""
    return (f'<th scope="row"{number}', "</th>") if is_head else (f"<td{number}", "</td>")


def _cell(cell: Cell, kind: tuple[str, str], targets: Mapping[str, str]) -> str:
    text = escape(cell.text)
    if cell.text in targets:
        text = f'<a href="{escape(targets[cell.text])}">{text}</a>'
    order = "" if cell.order is None else escape(str(cell.order))
    interval = f" <small>{escape(cell.interval)}</small>" if cell.interval else ""
    return f'{kind[0]} data-order="{order}">{text}{interval}{kind[1]}'
