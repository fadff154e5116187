"""What the list command shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from benchmark.commands.entry_listing import entry_rows, part_rows, shown
from benchmark.commands.later import import_later
from benchmark.entries import dataset_module, literal_arguments
from datasets import DATASETS
from datasets.roots import DataMissing

Rows = list[dict[str, Any]]
_GENERATED = "generated"  # ``Card.source`` of what has no files
_LEAST_A_COLUMN = 20  # characters; with fewer, names of parts and entries break in the middle


def suites(data_root: Path | None) -> Rows:
    """Return name, title, profiles and tasks of each suite of the tree."""
    from benchmark.suites import load_suite, suite_names

    found = [load_suite(name) for name in suite_names()]
    return [
        {
            "suite": suite.name,
            "title": suite.title,
            "profiles": ", ".join(suite.profiles),
            "tasks": ", ".join(task.name for task in suite.tasks),
        }
        for suite in found
    ]


def datasets(data_root: Path | None) -> Rows:
    """Return name, title, state on this machine and licence of each dataset."""
    import_later("pandas")
    return [_dataset(name, data_root) for name in DATASETS]


def _dataset(name: str, data_root: Path | None) -> dict[str, Any]:
    told = literal_arguments(f"{DATASETS[name].partition(':')[0]}:CARD")
    if told.get("source") == _GENERATED:  # read, because a generator imports much more than a list needs
        return {"dataset": name, "title": told["title"], "licence": told["licence"], "state": "generated here"}
    module = dataset_module(name)
    row = {"dataset": name, "title": module.CARD.title, "licence": module.CARD.licence}
    try:
        module.find(data_root)
    except DataMissing as missing:
        return {**row, "state": dataset_module(missing.dataset).SOURCE.absent(missing.command)}
    return {**row, "state": "ready"}


def all_entries(data_root: Path | None) -> Rows:
    """Return name, family, modalities, parts and one sentence of each entry."""
    return entry_rows()


def all_parts(data_root: Path | None) -> Rows:
    """Return the parts of each slot, and which entries use them."""
    return part_rows()


def metrics(data_root: Path | None) -> Rows:
    """Return name, label, table and best value of each metric; a further table, which holds several, is one row."""
    from leaderboard.measures import DETAILS, METRICS
    from leaderboard.questions import TITLES

    rows = [
        {"metric": name, "label": metric.label, "table": "leaderboard", "best": _best(metric.higher_is_better)}
        for name, metric in METRICS.items()
    ]
    rows += [
        {"metric": name, "label": detail.label, "table": f"details: {detail.group}", "best": _nearest(detail.best)}
        for name, detail in DETAILS.items()
    ]
    return rows + [{"metric": n, "label": title, "table": "further", "best": ""} for n, title in TITLES.items()]


def _best(higher_is_better: bool) -> str:
    return "highest" if higher_is_better else "lowest"


def _nearest(best: float | None) -> str:
    return "not ordered" if best is None else f"nearest to {best:g}"


KINDS: dict[str, Callable[[Path | None], Rows]] = {
    "suites": suites,
    "datasets": datasets,
    "entries": all_entries,
    "parts": all_parts,
    "metrics": metrics,
}


def shown_rows(kind: str, rows: Rows, width: int) -> RenderableType:
    """Return rows as a table, or as blocks where ``width`` characters leave columns too narrow."""
    return _blocks(rows) if width < _LEAST_A_COLUMN * len(rows[0]) else _table(kind, rows)


def _blocks(rows: Rows) -> RenderableType:
    lines: list[RenderableType] = []
    for row in rows:
        (_, name), *others = ((column, shown(value)) for column, value in row.items())
        lines += [Text(name, style="bold"), *(Padding(Text(f"{c}: {v}"), (0, 0, 0, 4)) for c, v in others if v)]
    return Group(*lines)


def _table(kind: str, rows: Rows) -> Table:
    drawn = Table(title=kind)
    first, *others = rows[0]
    drawn.add_column(first, no_wrap=True)
    for column in others:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(shown(value)) for value in row.values()))
    return drawn
