"""A board as a static site: a page a task, test set, group of tables, entry and dataset; all of it in one folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from leaderboard.layout import PAGE, claims_page, claims_summary
from leaderboard.pages.across_tasks import across_tasks
from leaderboard.pages.dataset_page import dataset_page, kind
from leaderboard.pages.entry_page import entry_page, family
from leaderboard.pages.further_page import further_page, further_pages
from leaderboard.pages.site_links import Pages
from leaderboard.pages.task_page import overview, scores_page, task_page
from leaderboard.pages.templating import LIBRARY, LICENCE, SCRIPT, STYLE, asset, environment
from leaderboard.records import Board, counted_unit, replace_bytes
from leaderboard.scores import Cell, Column, Table, TaskView, views
from leaderboard.text import OURS, file_name, plain
from leaderboard.verdicts import LEGEND, READING, tested

Context = dict[str, object]


def write_site(board: Board, folder: Path, *, pictures: bool = True) -> dict[str, Path]:
    """Write the site into a folder; the same board gives the same bytes.

    Pages of tasks, entries and datasets that a former site had there and this one has not are removed.

    Args:
        board: Scored tasks.
        folder: Made when it is not there; the site starts at its ``index.html``.
        pictures: Draw the pictures, which takes most of the time.

    Returns:
        Name of each file, relative to the folder -> path.
    """
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    files = {f"assets/{name}": asset(name) for name in (STYLE, SCRIPT, LIBRARY, LICENCE)}
    files |= dict(render_site(board, pictures=pictures))
    written = {name: replace_bytes(folder / name, text.encode()) for name, text in files.items()}
    for path in sorted(folder.glob("*.html")):
        if OURS.fullmatch(path.name) and path.name not in files:
            path.unlink()
    return written


def render_site(board: Board, *, pictures: bool = True) -> Iterator[tuple[str, str]]:
    """Yield the name and text of every page."""
    shown = views(board)
    pages = Pages(shown)
    for template, name, context in _contexts(board, shown, pages, pictures=pictures):
        told = {"board": board, "links": pages.links, "reading": (), "is_index": False, **context}
        yield name, environment().get_template(template).render(told)


def _contexts(
    board: Board, shown: tuple[TaskView, ...], pages: Pages, *, pictures: bool
) -> Iterator[tuple[str, str, Context]]:
    """Yield template, file name and what is shown of every page."""
    overviews = [overview(view) for view in shown]
    yield "index.html", "index.html", _index(board, shown, pages, overviews, pictures=pictures)
    for view, shared in zip(shown, overviews, strict=True):
        yield "task.html", file_name("task", view.task.name), task_page(view, pages, shared, pictures=pictures)
        for name, test_set in pages.scores(view):
            yield "scores.html", name, scores_page(view, test_set)
        for name, title, tables in further_pages(view):
            yield "further.html", name, further_page(view, title, tables, pictures=pictures)
    yield "claims.html", PAGE, claims_page(board)
    tests = {view.task.name: tested(view) for view in shown}
    for entry in pages.entries:
        yield "entry.html", file_name("entry", entry), entry_page(entry, shown, tests)
    for dataset in pages.datasets:
        yield "dataset.html", file_name("dataset", dataset), dataset_page(dataset, shown)


def _index(
    board: Board, shown: tuple[TaskView, ...], pages: Pages, overviews: list[Context], *, pictures: bool
) -> Context:
    return {
        "title": plain(board.title),
        "is_index": True,
        "generated": False,  # said above each table
        "tasks": overviews,
        "across": across_tasks(board, shown, pictures=pictures),
        "claims": claims_summary(board),
        "claims_href": PAGE,
        "entries": _entries(pages),
        "datasets": _datasets(pages),
        "reading": READING,
        "legend": LEGEND,
    }


def _entries(pages: Pages) -> Table:
    columns = (
        Column("entry", "Name of the entry", numeric=False),
        Column("family", "Control, rule, classic or deep", numeric=False),
        Column("tasks", "Tasks that it can run on"),
        Column("complete", "Tasks on which every planned trial is done"),
        Column("on top", "Tasks on which it is in the first tie group"),
        Column("seconds", "Time of all its trials, fit and prediction"),
    )
    return Table("Entries", columns, tuple(_entry(entry, pages.views) for entry in pages.entries))


def _entry(entry: str, shown: tuple[TaskView, ...]) -> tuple[Cell, ...]:
    mine = tuple(view for view in shown if entry in view.task.entries)
    able = [view for view in mine if entry not in view.unfit]
    complete = [view for view in able if view.row(entry) not in view.holes]
    top = [view for view in complete if view.cells[view.row(entry), view.test_sets[0], view.headline.name].tie == 1]
    numbers = (Cell(str(len(part)), order=len(part)) for part in (able, complete, top))
    kin, seconds = family(entry, mine), sum(view.seconds[entry] for view in mine)
    name = Cell(plain(entry), order=plain(entry))
    return (name, Cell(kin, order=kin), *numbers, Cell(f"{seconds:.1f}", order=seconds))


def _datasets(pages: Pages) -> Table:
    columns = (
        Column("dataset", "Name of the dataset", numeric=False),
        Column("kind", "Recorded or generated", numeric=False),
        Column("tasks", "Tasks on it"),
        Column("patients", "Patients that were predicted in any of them; a dash where the source names none"),
    )
    return Table("Datasets", columns, tuple(_dataset(name, pages.views) for name in pages.datasets))


def _dataset(name: str, shown: tuple[TaskView, ...]) -> tuple[Cell, ...]:
    mine = [view for view in shown if view.task.dataset == name]
    named = [view.task for view in mine if counted_unit(view.task) == "patients"]
    patients = len({patient for task in named for patient in task.predictions["patient"].unique()})
    tasks, people = Cell(str(len(mine)), order=len(mine)), Cell(str(patients) if named else "–", order=patients)
    return (Cell(plain(name), order=plain(name)), Cell(kind(mine), order=kind(mine)), tasks, people)
