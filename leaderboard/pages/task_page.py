"""What the page of a task shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from leaderboard.layout import detail_tables, pair_table, published_table
from leaderboard.pages.further_page import further_pages
from leaderboard.pages.site_links import Pages
from leaderboard.pictures import forest, pareto, reliability, risk_coverage_plot
from leaderboard.questions import DRAWN, TITLES, Confusion, cells, columns, confusion, costs, drawn
from leaderboard.records import IN_DOMAIN, SHIFTED, Replicate, scored_line, scored_unit, sizes_in_words, test_sets
from leaderboard.scores import Cell, Column, Table, TaskView, details, summary
from leaderboard.text import file_name, plain
from leaderboard.verdicts import findings, floor_line, interval_definition, marked, marked_table, notes, warnings

Told = dict[str, tuple[Replicate, ...]]
FAMILY = Column("family", "Control, rule, classic or deep", numeric=False)
UNKNOWN_FAMILY = "not stated"
NO_PICTURES: dict[str, object] = {"forest": "", "reliability": [], "risk": "", "pareto": []}


def overview(view: TaskView) -> dict[str, object]:
    """Return what the first page shows of a task."""
    return {
        "task": view.task,
        "href": file_name("task", view.task.name),
        "findings": findings(view),
        "warnings": warnings(view),
        "floor": floor_line(view),
        "summary": marked_table(with_family(view, summary(view)), view.task),
        "interval": interval_definition(view.board),
        "scored": scored_line(view.task),
    }


def task_page(view: TaskView, pages: Pages, shared: dict[str, object], *, pictures: bool) -> dict[str, object]:
    """Return the rest of what the page of a task shows, beside its overview ``shared``."""
    first, told = first_set(view) if pictures else (view.test_sets[0], {})
    priced = costs(view)
    return {
        **shared,
        "title": marked(plain(view.task.name), view.task),
        "unit": scored_unit(view.task),
        "generated": view.task.generated,
        "dataset_href": file_name("dataset", view.task.dataset),
        "headline": view.headline.label,
        "first": first,
        "ordered": view.test_sets[0],
        "notes": notes(view),
        "details": [marked_table(details(view, test_set), view.task) for test_set in view.test_sets],
        "scores_pages": pages.scores(view),
        "further": [(href, title, [TITLES[name] for name in names]) for href, title, names in further_pages(view)],
        "published": published_table(view.task.published),
        "matrices": [_matrix(view, entry, confusion(rows)) for entry, rows in told.items()],
        "costs": cost_table(view, priced),
        "pairs": pair_table(view),
        "holes": hole_table(view),
        "pictures": NO_PICTURES | (_pictures(view, told, priced) if pictures else {}),
    }


def scores_page(view: TaskView, test_set: str) -> dict[str, object]:
    """Return what the page of detailed scores on one test set shows."""
    first = view.at(test_set, view.headline.name).iloc[0]
    return {
        "task": view.task,
        "task_href": file_name("task", view.task.name),
        "title": marked(f"{plain(view.task.name)}, {plain(test_set)}: detailed scores", view.task),
        "generated": view.task.generated,
        "sizes": sizes_in_words(view.task, first["n_patients"], first["n_specimens"]),
        "interval": interval_definition(view.board),
        "tables": detail_tables(view, test_set),
    }


def with_family(view: TaskView, table: Table) -> Table:
    """Return the table with a column that says what each entry is, after its name."""
    at = 1 + [column.header for column in table.columns].index("entry")
    families = [view.task.families.get(entry, UNKNOWN_FAMILY) for entry in view.entries]
    rows = tuple(
        (*row[:at], Cell(family, order=family), *row[at:]) for row, family in zip(table.rows, families, strict=True)
    )
    return replace(table, columns=(*table.columns[:at], FAMILY, *table.columns[at:]), rows=rows)


def first_set(view: TaskView) -> tuple[str, Told]:
    """Return name and replicates of the test set that the pictures show, best entry first.

    It is the one that orders the table; where that is the worst of several domains, it is all of them together.
    """
    sets = {test_set.name: test_set for test_set in test_sets(view.task)}
    names = [name for name in (SHIFTED, *sets) if name in sets] if IN_DOMAIN not in sets else [IN_DOMAIN]
    if not names:
        return view.test_sets[0], {}
    replicates = sets[names[0]].replicates
    return names[0], {entry: replicates[entry] for entry in view.entries if entry in replicates}


def cost_table(view: TaskView, priced: pd.DataFrame) -> Table:
    """Return what each ranked entry costs beside its headline; ``priced`` is ``costs`` of the task."""
    names = ("seconds", *(name for name in drawn(priced) if name in DRAWN))
    heads = (Column("entry", "Name of the entry", numeric=False), FAMILY)
    value = Column(view.headline.label, "Higher is better", plain(view.test_sets[0]))
    rows = tuple(
        (
            _named(row["entry"]),
            _named(row["family"]),
            Cell(f"{row['value']:.3f}", order=float(row["value"])),
            *cells(row, names),
        )
        for _, row in priced.iterrows()
    )
    title = marked(f"{plain(view.task.name)}, score against cost", view.task)
    return Table(title, (*heads, value, *columns(names)), rows)


def hole_table(view: TaskView) -> Table:
    """Return what was planned and has no result."""
    columns = (
        Column("entry", "Name of the entry", numeric=False),
        Column("what is missing", "Trials and reason", numeric=False),
    )
    rows = tuple((_named(entry), _named(note)) for entry, note in view.holes.items())
    return Table(f"{plain(view.task.name)}, holes", columns, rows)


def _named(text: object) -> Cell:
    return Cell(plain(str(text)), order=plain(str(text)))


def _matrix(view: TaskView, entry: str, found: Confusion) -> dict[str, object]:
    names = view.task.classes[::-1] if view.task.positive == 0 else view.task.classes
    rows = [
        {"name": plain(name), "patients": int(n), "cells": [_share(*cell) for cell in zip(*parts, strict=True)]}
        for name, n, *parts in zip(names, found.n_patients, found.share, found.low, found.high, strict=True)
    ]
    return {"entry": plain(entry), "classes": [plain(name) for name in names], "rows": rows}


def _share(share: float, low: float, high: float) -> dict[str, str]:
    if np.isnan(share):
        return {"share": "0", "text": "–", "interval": ""}
    return {"share": f"{share:.2f}", "text": f"{share:.0%}", "interval": f"[{low:.0%}, {high:.0%}]"}


def _pictures(view: TaskView, told: Told, priced: pd.DataFrame) -> dict[str, object]:
    made: dict[str, object] = {"forest": forest(view)}
    if told:
        made |= {"reliability": _diagrams(view, told), "risk": risk_coverage_plot(told, view.task.name)}
    if len(priced):
        made["pareto"] = [pareto(priced, name, view.headline.label, view.task.name) for name in drawn(priced)]
    return made


def _diagrams(view: TaskView, told: Told) -> Sequence[tuple[str, str]]:
    return [(plain(entry), reliability(rows, f"{view.task.name}/{entry}")) for entry, rows in told.items()]
