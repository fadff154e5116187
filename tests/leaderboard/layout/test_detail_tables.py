"""Detailed scores of one test set: each figure in its row and column, entries best first."""

from __future__ import annotations

import pandas as pd
import pytest

from leaderboard.layout.detail_tables import detail_tables
from leaderboard.measures.detail_metrics import DETAILS
from tests.leaderboard.written_board import check_table, hand_task, hand_view, texts

OF_ALL = [detail for detail in DETAILS.values() if not detail.per_class]
OF_CLASS = [detail for detail in DETAILS.values() if detail.per_class]


def made(task: str, test_set: str, level: str, entry: str, start: float) -> list[tuple[object, ...]]:
    """Return a different figure for every metric and class, in an order that is not that of the page."""
    keys = [(d.name, "") for d in OF_ALL] + [(d.name, name) for name in "ZYX" for d in OF_CLASS]
    return [
        (task, test_set, level, entry, *key, start + 0.001 * i, start + 0.001 * i - 0.05, start + 0.001 * i + 0.05)
        for i, key in enumerate(keys)
    ]


def test_each_figure_stands_under_its_metric_beside_its_entry_and_class() -> None:
    scores = {("in-domain", "balanced_accuracy", e): (v, v, v, 1) for e, v in (("a", 0.4), ("b", 0.9), ("c", 0.5))}
    told = [
        *made("t", "in-domain", "patient", "a", 0.1),
        *made("t", "in-domain", "patient", "b", 0.2),
        *made("t", "in-domain", "specimen", "b", 0.3),
        *made("t", "other", "patient", "b", 0.4),
        *made("u", "in-domain", "patient", "b", 0.5),
    ]
    columns = ["task", "test_set", "level", "entry", "metric", "class", "value", "low", "high"]
    details = pd.DataFrame(told, columns=columns)
    blank = (details["entry"] == "a") & (details["metric"] == "kappa")
    details.loc[blank, ["value", "low", "high"]] = float("nan")
    tables = detail_tables(hand_view(hand_task("t", "abc"), scores, details=details), "in-domain")
    assert [table.title for table in tables] == [
        f"{what}, in-domain, scored by {level}"
        for level in ("patient", "specimen")
        for what in ("All classes together", "By class")
    ]
    expected = [(level, metrics) for level in ("patient", "specimen") for metrics in (OF_ALL, OF_CLASS)]
    for table, (level, metrics) in zip(tables, expected, strict=True):
        check_table(table)
        entries, classes = ("ba" if level == "patient" else "b"), ("XYZ" if metrics is OF_CLASS else [""])
        n_names = 1 + (metrics is OF_CLASS)
        heads = ["entry", "class"][:n_names] + [metric.label for metric in metrics]
        assert [column.header for column in table.columns] == heads
        names = [[entry, name][:n_names] for entry in entries for name in classes]
        assert [row[:n_names] for row in texts(table)] == names
        mine = details.query("task == 't' and test_set == 'in-domain' and level == @level")
        found = mine.set_index(["entry", "class", "metric"])
        for row in table.rows:
            for metric, cell in zip(metrics, row[n_names:], strict=True):
                key = (row[0].text, row[1].text if n_names == 2 else "", metric.name)
                value, low, high = found.loc[key, ["value", "low", "high"]]
                if value != value:
                    assert (cell.text, cell.interval, cell.order) == ("not evaluable", "", None)
                    continue
                assert cell.text == f"{value:.3f}" and cell.order == pytest.approx(value)
                assert cell.interval == f"[{low:.3f}, {high:.3f}]"
    meanings = {column.header: column.meaning for table in tables for column in table.columns}
    assert meanings["Hand-Till M"].endswith("best is 1") and meanings["ECE, equal mass"].endswith("best is 0")
    assert meanings["Brier: resolution"].endswith("nothing is best or worst")
