"""What the list command shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmark.entries import dataset_module, entries
from benchmark.suites import load_suite, suite_names
from datasets import DATASETS
from datasets.roots import DataMissing

Rows = list[dict[str, Any]]


def suites(data_root: Path | None) -> Rows:
    """Return name, title, profiles and tasks of each suite of the tree."""
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
    return [_dataset(name, data_root) for name in DATASETS]


def _dataset(name: str, data_root: Path | None) -> dict[str, Any]:
    module = dataset_module(name)
    row = {"dataset": name, "title": module.CARD.title, "licence": module.CARD.licence}
    if module.CARD.source == "generated":
        return {**row, "state": "generated here"}
    try:
        module.find(data_root)
    except DataMissing as missing:
        return {**row, "state": dataset_module(missing.dataset).SOURCE.absent(missing.command)}
    return {**row, "state": "ready"}


def entry_rows(data_root: Path | None) -> Rows:
    """Return name and place of each entry."""
    return [{"entry": name, "target": target} for name, target in entries().items()]


def metrics(data_root: Path | None) -> Rows:
    """Return name, label, table and best value of each metric; a further table, which holds several, is one row."""
    from leaderboard.measures import DETAILS, METRICS
    from leaderboard.questions import TITLES

    shown = [
        {"metric": name, "label": metric.label, "table": "leaderboard", "best": _best(metric.higher_is_better)}
        for name, metric in METRICS.items()
    ]
    shown += [
        {"metric": name, "label": detail.label, "table": f"details: {detail.group}", "best": _nearest(detail.best)}
        for name, detail in DETAILS.items()
    ]
    return shown + [{"metric": n, "label": title, "table": "further", "best": ""} for n, title in TITLES.items()]


def _best(higher_is_better: bool) -> str:
    return "highest" if higher_is_better else "lowest"


def _nearest(best: float | None) -> str:
    return "not ordered" if best is None else f"nearest to {best:g}"


KINDS: dict[str, Callable[[Path | None], Rows]] = {
    "suites": suites,
    "datasets": datasets,
    "entries": entry_rows,
    "metrics": metrics,
}


def table(kind: str, rows: Rows) -> Table:
    """Return rows as a table for the terminal."""
    shown = Table(title=kind)
    for column in rows[0]:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(str(value) for value in row.values()))
    return shown
