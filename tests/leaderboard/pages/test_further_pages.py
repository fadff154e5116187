"""Pages of further tables, claims and published figures: everything is there, linked, readable and harmless."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from leaderboard.boards.board import build
from leaderboard.formats.markdown import render_markdown as render
from leaderboard.layout.published_table import standing
from leaderboard.layout.shapes import SHAPES
from leaderboard.layout.wide_table import measured, wide_tables
from leaderboard.pages.further_page import GROUPS, further_pages, rows_of
from leaderboard.pages.page import render_page
from leaderboard.pages.site import render_site
from leaderboard.questions.further import TITLES
from leaderboard.records.results import Board, Published
from leaderboard.scores.tables import Table, views
from leaderboard.text.links import file_name
from leaderboard.verdicts.claims import CLAIMS, claim_table
from tests.leaderboard.further_board import FIGURES, curve_tasks, rich_task, rich_tasks
from tests.leaderboard.hostile_board import HOSTILE
from tests.leaderboard.html_page import Page
from tests.leaderboard.shared_board import FACTS


@pytest.fixture(scope="module")
def board() -> Board:
    return build((*rich_tasks(), *curve_tasks()), **FACTS, resamples=8)


@pytest.fixture(scope="module")
def site(board: Board) -> dict[str, str]:
    return dict(render_site(board))


@pytest.fixture(scope="module")
def hostile_board() -> Board:
    task = rich_task()
    told = task.predictions.replace({"entry": {"xgboost": HOSTILE[0], "fusion-gnn": HOSTILE[3]}})
    trials = task.trials.replace({"entry": {"xgboost": HOSTILE[0], "fusion-gnn": HOSTILE[3]}})
    facts = task.specimens.assign(sex=HOSTILE[0], age_band="{}") if task.specimens is not None else None
    figures = tuple(Published(*HOSTILE[i:], *HOSTILE[:i]) for i in range(4))
    changed = replace(task, name=HOSTILE[0], classes=tuple(HOSTILE[:3]), published=figures, valid=None, families={})
    return build([replace(changed, predictions=told, trials=trials, specimens=facts)], **FACTS, resamples=5)


@pytest.fixture(scope="module")
def hostile(hostile_board: Board) -> dict[str, str]:
    return dict(render_site(hostile_board))


def tables(board: Board, name: str) -> dict[str, Table]:
    """Return every table that is made of a further table, by caption."""
    made = [table for view in views(board) for table in wide_tables("t", rows_of(view, name), SHAPES[name])]
    return {table.title: table for table in made}


def cells(table: Table, *row: str) -> dict[str, tuple[str, str]]:
    """Return heading -> text and interval of the row that begins so."""
    found = next(cells for cells in table.rows if tuple(cell.text for cell in cells[: len(row)]) == row)
    return {column.header: (cell.text, cell.interval) for column, cell in zip(table.columns, found, strict=True)}


def test_every_table_has_a_place_and_a_layout(board: Board) -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(TITLES) == sorted(SHAPES)
    assert set(board.further) == set(TITLES)


def test_each_is_on_a_page_that_the_task_links_and_that_links_back(board: Board, site: dict[str, str]) -> None:
    shown = set()
    for view in views(board):
        home = file_name("task", view.task.name)
        for href, title, names in further_pages(view):
            assert f'<a href="{href}">{title}</a>' in site[home] and f'href="{home}"' in site[href]
            for name in names:
                assert f'<h2 id="{name}">{TITLES[name]}'.replace("'", "&#39;") in site[href]
            shown.update(names)
    assert shown == set(TITLES)


@pytest.mark.parametrize("which", ["site", "hostile"])
def test_pages_are_whole_and_lead_somewhere(which: str, request: pytest.FixtureRequest) -> None:
    found = {name: Page(text) for name, text in request.getfixturevalue(which).items()}
    ids = {name: [str(a["id"]) for _, a in page.tags if a.get("id")] for name, page in found.items()}
    for name, page in found.items():
        assert not page.open and len(ids[name]) == len(set(ids[name])), name
        assert page.count("table") == page.count("caption") and page.count("script") == 2
        assert not [a for _, a in page.tags if any(key.startswith("on") for key in a)]
        rows = [a for tag, a in page.tags if tag == "th" and a.get("scope") == "row"]
        assert rows or not page.count("tbody"), name
        for target in (str(a["href"]) for tag, a in page.tags if tag == "a"):
            path, _, anchor = target.partition("#")
            assert (path or name) in found and (not anchor or anchor in ids[path or name]), (name, target)


def test_same_board_same_pages(board: Board, site: dict[str, str]) -> None:
    assert dict(render_site(board)) == site


def test_hostile_names_stay_text(hostile: dict[str, str], hostile_board: Board) -> None:
    told = render(hostile_board)
    assert "\n# heading" not in told and not re.search(r"(?<!\\)\]\(javascript", told)
    for text in (*hostile.values(), told):
        assert "<script>alert" not in text and "\x1b" not in text and "\u202e" not in text


def test_transfer_is_a_matrix_with_interval_and_patients(board: Board) -> None:
    matrix = tables(board, "transfer")["t, xgboost, balanced accuracy"]
    assert [column.header for column in matrix.columns] == ["learned from", *(f"tested on {d}" for d in "ABC")]
    rows = board.further["transfer"].query("entry == 'xgboost' and train == 'A' and test == 'C'").iloc[0]
    text, interval = cells(matrix, "A")["tested on C"]
    assert text == f"{rows['value']:.3f}"
    assert interval == f"[{rows['low']:.3f}, {rows['high']:.3f}], n {rows['n_patients']}"
    assert cells(matrix, "C")["tested on A"][0].startswith("undefined: too few patients")


def test_leaks_are_said_so(board: Board, site: dict[str, str]) -> None:
    table = tables(board, "ladder")["t, scored by image, balanced accuracy"]
    leaky = {column.header for column in table.columns if column.where == "leaky, for demonstration"}
    assert leaky == {"random image", "slide", "inflation"}
    row = cells(table, "xgboost")
    assert row["slide"][0].startswith("left out") and float(row["inflation"][0]) > 0.1
    assert "leaky, for demonstration" in site[file_name("task", "cells-patient-sim", "Domains and leaks")]


def test_modalities_tell_the_drop_and_the_hole(board: Board) -> None:
    table = tables(board, "modality-grid")["t, in-domain, balanced accuracy"]
    assert cells(table, "xgboost", "images")["drop from all"][0] == "0.000"
    hole = cells(table, "fusion-gnn", "genes")
    assert hole["score"][0] == "undefined" and hole["note"][0] == "hole: not predicted with these modalities"


def test_small_strata_are_suppressed_with_their_size(board: Board) -> None:
    row = cells(tables(board, "strata")["t, in-domain, by age band"], "xgboost", "80 and over")
    assert row["patients"][0] == "< 10" and row["balanced accuracy"] == ("suppressed", "")


def test_oracle_distance_is_a_share_and_counts_are_named(board: Board) -> None:
    rows = board.further["oracle"].query("entry == 'xgboost' and test_set == 'in-domain' and metric == 'achieved'")
    row = cells(tables(board, "oracle")["t, in-domain"], "xgboost")
    assert row["of achievable"][0] == f"{100 * rows['value'].iloc[0]:.0f} %"
    spread = cells(tables(board, "variance")["t, in-domain, balanced accuracy"], "xgboost")
    assert spread["training again"][1].endswith("2 seeds") and spread["other patients"][1].endswith(" patients")


def test_nothing_to_compare_is_a_dash_and_there_is_no_minus_zero(board: Board) -> None:
    row = cells(tables(board, "recalibration")["t, in-domain"], "xgboost", "as given")
    assert row["change of ECE"][0] == "–" and re.fullmatch(r"0\.\d{3}", row["ECE"][0])
    assert measured({"value": -1e-9, "low": -1e-9, "high": 0.0}, ("value", "low", "high")).text == "0.000"


def test_decision_curves_are_drawn(site: dict[str, str]) -> None:
    text = site[file_name("task", "apl-sim", "What decisions are worth")]
    assert text.count("<svg") == 3 and "treat all" in text and "treat none" in text


def test_every_claim_has_a_card(board: Board, site: dict[str, str]) -> None:
    text = unescape(site["claims.html"])
    for i, claim in enumerate(CLAIMS):
        assert f'<h2 id="claim-{i + 1}">Claim: {claim.name}' in text and claim.source in text and claim.trap in text
        assert f'href="claims.html#claim-{i + 1}"' in site["index.html"]
    assert "generated; leaky, for demonstration" in text and re.search(r">(holds|fails|open)<", text)
    assert claim.trap.split(",")[0] in render(board)


def test_leaky_splits_do_not_count_for_a_claim(board: Board) -> None:
    line = next(line for line in render(board).splitlines() if "above 95" in line)
    rows = claim_table(board).query("claim == @CLAIMS[1].name and verdict == 'holds'")
    leaky = (rows["task"] == "cells-random-sim").sum()
    assert leaky and f"holds on {len(rows) - leaky}," in line and f"holds on {leaky} of a leaky split" in line


def test_published_rows_are_apart_and_say_whether_they_compare(board: Board, site: dict[str, str]) -> None:
    for name in (file_name("task", "apl-sim"), file_name("dataset", "apl-sim")):
        part = site[name][site[name].index('class="published"') :]
        part = unescape(part[: part.index("</section>")])
        for figure in FIGURES:
            assert all(word in part for word in (figure.result, figure.protocol, figure.citation, standing(figure)))
    assert "not comparable, because images of a patient leak" in render(board)
    assert 'class="published"' not in site[file_name("task", "apl-jhu")]


def test_the_one_page_report_holds_claims_and_published_figures_apart(board: Board) -> None:
    text = render_page(board)
    page = Page(text)
    ids = [str(a["id"]) for _, a in page.tags if a.get("id")]
    assert not page.open and len(ids) == len(set(ids)) and page.count("table") == page.count("caption")
    for claim in CLAIMS:
        assert f"Claim: {claim.name}" in unescape(text) and claim.trap in unescape(text)
    measured_tables = re.sub(r'<div class="published">.*?</table>', "", text, flags=re.DOTALL)
    for figure in FIGURES:
        assert figure.result in text and figure.result not in measured_tables
    with_figures = [i for i, task in enumerate(board.tasks, 1) if task.published]
    assert [name for name in ids if re.fullmatch(r"published-\d+", name)] == [f"published-{i}" for i in with_figures]
