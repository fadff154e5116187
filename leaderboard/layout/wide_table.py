"""A long table laid out for reading: one row a thing, one column a figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from leaderboard.layout.shapes import ESTIMATE, HEADERS, LEAKY_COLUMNS, ORDER, PERCENT, Shape
from leaderboard.questions import FEW_PATIENTS, SUPPRESSED
from leaderboard.scores import Cell, Column, Table
from leaderboard.text import plain

Key = tuple[str, ...]
Row = Mapping[Any, Any]
ABSENT, UNDEFINED = Cell("–"), "undefined"
_GROUPS = Column("groups", "Behind the figures of the row; specimens known to be of one patient are one group")


def wide_tables(title: str, rows: pd.DataFrame, shape: Shape, *, by_patient: bool = True) -> list[Table]:
    """Return one table for each value of the columns that the shape splits by.

    Without ``by_patient`` what rows count is called groups: the source names no patients.
    """
    sized = Column("patients", "Patients behind the figures of the row") if by_patient else _GROUPS
    if not by_patient and "source" in rows:
        rows = rows.assign(source=rows["source"].replace("patients", "groups"))
    parts = rows.groupby(list(shape.split), sort=False) if shape.split else [((), rows)]
    return [_table(_caption(title, part, key, shape), part, shape, sized) for key, part in parts]


def header(name: str) -> str:
    """Return what a column, or a value that becomes one, is called in a heading."""
    return HEADERS[name][0] if name in HEADERS else name.replace("_", " ")


def named(text: str) -> Cell:
    """Return a cell that names something."""
    return Cell(plain(text), order=plain(text))


def measured(
    row: Row, figure: tuple[str, ...], *, count: str = "", percent: bool = False, says_why: bool = False
) -> Cell:
    """Return value, [low, high] and n of a row; where there is no value, why, "undefined", or a dash beside a note."""
    value, *bounds = (float(str(row[name])) for name in figure)
    if pd.isna(value):
        return Cell(_why(row, says_why=says_why)) if figure[0] == ESTIMATE[0] else ABSENT
    shown = [f"{100 * x:z.0f} %" if percent else f"{x:z.3f}" for x in (value, *bounds)]
    interval = [f"[{', '.join(shown[1:])}]"] if bounds and not pd.isna(bounds).any() else []
    return Cell(shown[0], ", ".join([*interval, *_count(row, count)]), value)


def _count(row: Row, name: str) -> list[str]:
    """Return "n 60", or "3 seeds" where the row names what was counted."""
    if not name or not row[name]:
        return []
    return [f"{row[name]} {_word(row['source'])}" if "source" in row else f"n {row[name]}"]


def _why(row: Row, *, says_why: bool) -> str:
    note = _word(row.get("note", ""))
    return note if note and (says_why or note == SUPPRESSED) else UNDEFINED


def _caption(title: str, rows: pd.DataFrame, key: Iterable[object], shape: Shape) -> str:
    parts = [_named_in(name, _word(value)) for name, value in zip(shape.split, key, strict=True)]
    is_told = "metric" not in rows or "metric" in (*shape.across, *shape.rows)
    return ", ".join([title, *parts, *([] if is_told else map(header, rows["metric"].unique()))])


def _named_in(name: str, value: str) -> str:
    """Return a value of a column that splits tables, so that a caption can be read."""
    return {"by": f"by {header(value)}", "level": f"scored by {value}", "unseen": f"unseen {value}"}.get(name, value)


def _table(title: str, rows: pd.DataFrame, shape: Shape, sized: Column) -> Table:
    records = rows.to_dict("records")
    across = _ordered(dict.fromkeys(_key(row, shape.across) for row in records))
    texts = [name for name in shape.texts if any(_word(row[name]) for row in records)]
    is_sized = not shape.counted and "n_patients" in rows
    grouped: dict[Key, dict[Key, Row]] = {}
    for row in records:
        grouped.setdefault(_key(row, shape.rows), {})[_key(row, shape.across)] = row
    columns = (
        *(Column(header(name), "Names the row", numeric=False) for name in shape.rows),
        *[sized] * is_sized,
        *(_column(prefix, key) for key in across for prefix in shape.shown),
        *(Column(header(name), "In words", numeric=False) for name in texts),
    )
    made = [
        (
            *map(_row_name, shape.rows, key),
            *map(_size, [found] * is_sized),
            *_figures(found, across, shape),
            *_texts(found, texts),
        )
        for key, found in grouped.items()
    ]
    return Table(plain(title), columns, tuple(made))


def _key(row: Row, names: Iterable[str]) -> Key:
    return tuple(_word(row[name]) for name in names)


def _word(value: object) -> str:
    return "" if value is None or value != value else plain(str(value))  # NaN is not itself


def _ordered(keys: Iterable[Key]) -> list[Key]:
    rank = {name: i for i, name in enumerate(ORDER)}
    return sorted(keys, key=lambda key: rank.get(key[0], len(rank)) if key else 0)


def _row_name(name: str, value: str) -> Cell:
    return named(header(value) if name in ("metric", "by") else value)


def _column(prefix: str, key: Key) -> Column:
    first, meaning = (header(key[0]), HEADERS.get(key[0], ("", ""))[1]) if key else ("", "")
    name = " ".join(filter(None, [prefix, first, *key[1:]]))
    return Column(name, meaning or name, where=LEAKY_COLUMNS.get(key[0], "") if key else "")


def _size(found: Mapping[Key, Row]) -> Cell:
    n = next(iter(found.values()))["n_patients"]
    return Cell(f"< {FEW_PATIENTS}", order=0) if pd.isna(n) else Cell(str(n), order=int(str(n)))


def _figures(found: Mapping[Key, Row], across: Iterable[Key], shape: Shape) -> Iterable[Cell]:
    for key in across:
        for figure in shape.shown.values():
            if key not in found:
                yield ABSENT
                continue
            percent = bool(key) and key[0] in PERCENT
            yield measured(found[key], figure, count=shape.counted, percent=percent, says_why="note" not in shape.texts)


def _texts(found: Mapping[Key, Row], names: Iterable[str]) -> Iterable[Cell]:
    for name in names:
        yield named("; ".join(dict.fromkeys(filter(None, (_word(row[name]) for row in found.values())))))
