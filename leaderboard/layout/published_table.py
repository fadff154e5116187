"""Figures that others published, as a table of their own that says of each whether it may be compared."""

from __future__ import annotations

from collections.abc import Iterable

from leaderboard.layout.wide_table import named
from leaderboard.records import Published
from leaderboard.scores import Column, Table

COMPARABLE = "comparable"
TITLE = "Published by others, not measured here"


def published_table(figures: Iterable[Published]) -> Table:
    """Return one row a figure, each once."""
    columns = (
        Column("published result", "As printed", numeric=False),
        Column("protocol", "Split, sizes and model", numeric=False),
        Column("may it be compared?", "With rows measured here", numeric=False),
        Column("citation", "Where it was published", numeric=False),
    )
    rows = tuple(
        tuple(map(named, (figure.result, figure.protocol, standing(figure), figure.citation)))
        for figure in dict.fromkeys(figures)
    )
    return Table(TITLE, columns, rows)


def standing(figure: Published) -> str:
    """Return whether a published figure may be set against the rows measured here."""
    return f"not comparable, because {figure.not_comparable}" if figure.not_comparable else COMPARABLE
