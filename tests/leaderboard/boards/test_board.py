"""The CSV, Markdown and HTML files, and the terminal: whole, stable, and safe against hostile names."""

from __future__ import annotations

import csv
import io
import re
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from leaderboard.boards.board import build, write
from leaderboard.formats.terminal import show
from leaderboard.pictures.forest import forest
from leaderboard.records.results import Board
from leaderboard.scores.tables import BANNER, views
from leaderboard.text.escape import csv_cell, markdown, plain
from leaderboard.verdicts.claims import claim_table
from tests.leaderboard.fake_board import fake_task, fake_tasks
from tests.leaderboard.hostile_board import hostile_board
from tests.leaderboard.html_page import Page
from tests.leaderboard.shared_board import FACTS, shared_board


@pytest.fixture(scope="module")
def board() -> Board:
    return shared_board()


@pytest.fixture(scope="module")
def hostile() -> Board:
    return hostile_board()


@pytest.fixture(scope="module")
def files(board: Board, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the board once for all that only read; no test changes these files."""
    return write(board, tmp_path_factory.mktemp("board"))


def test_same_board_same_bytes(board: Board, files: dict[str, Path], tmp_path: Path) -> None:
    again = write(build(fake_tasks(), **FACTS, resamples=10), tmp_path)
    folder = files["leaderboard.csv"].parent
    tables = {"leaderboard", "details", "pairs", "claims", *board.further}
    expected = {f"{name}.csv" for name in tables} | {f"leaderboard.{k}" for k in ("md", "tex", "json", "html")}
    assert set(files) == expected | {"site"} == set(again)
    assert {path.name for path in folder.iterdir()} == expected | {"site"}
    written = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert set(written) == {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    for name in written:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_a_write_that_fails_keeps_the_old_file(
    board: Board, files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(files["leaderboard.csv"].parent, tmp_path, dirs_exist_ok=True)
    old = (tmp_path / "leaderboard.csv").read_bytes()
    known = {path.name for path in tmp_path.rglob("*")}

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(OSError, match="disk full"):
        write(replace(board, commit="other"), tmp_path)
    assert (tmp_path / "leaderboard.csv").read_bytes() == old
    assert not [path for path in tmp_path.rglob("*") if path.name not in known]


def test_csv_holds_every_score(board: Board, files: dict[str, Path]) -> None:
    table = pd.read_csv(files["leaderboard.csv"])
    assert len(table) == len(board.scores)
    assert (table["value"].isna() == board.scores["value"].isna()).all()
    np.testing.assert_allclose(table["value"], board.scores["value"], rtol=1e-15)
    assert {"commit", "date", "flags", "generated", "higher_is_better"} <= set(table.columns)
    assert set(table.loc[table["task"] == "apl-jhu", "flags"]) == {"untuned, modified copy", "modified copy"}


def test_page_is_whole_semantic_and_alone(board: Board, files: dict[str, Path]) -> None:
    text = files["leaderboard.html"].read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open
    of_tasks, of_claims = 3 + sum(len(view.test_sets) for view in views(board)), claim_table(board)["claim"].nunique()
    assert page.count("table") == page.count("caption") == of_tasks + of_claims
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    assert not [a for tag, a in page.tags if "src" in a or tag == "link" or a.get("href", "#")[0] != "#"]  # type: ignore[index]
    ids = [a["id"] for tag, a in page.tags if "id" in a and tag not in ("path", "clippath")]
    assert len(ids) == len(set(ids))
    assert text.count(BANNER) == 1 and "Not for clinical use" in text and "abc1234" in text


def test_markdown_tables_are_rectangular(files: dict[str, Path]) -> None:
    assert_rectangular(files["leaderboard.md"].read_text(encoding="utf-8"))


def assert_rectangular(text: str) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_hostile_names_break_nothing(hostile: Board, tmp_path: Path) -> None:
    files = write(hostile, tmp_path)
    text = files["leaderboard.html"].read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open and page.count("script") == 1 and "\x1b" not in text and "\u202e" not in text
    cells = [
        cell for row in csv.reader(io.StringIO(files["leaderboard.csv"].read_text(encoding="utf-8"))) for cell in row
    ]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t")) or re.match(r"-\D", cell)]
    text = files["leaderboard.md"].read_text(encoding="utf-8")
    assert "<script" not in text and "\n# heading" not in text and not re.search(r"(?<!\\)\]\(javascript", text)
    assert_rectangular(text)


def test_forest_is_valid_xml_in_the_page_ink(board: Board, hostile: Board) -> None:
    for view in (*views(board), *views(hostile)):
        svg = forest(view)
        assert ElementTree.fromstring(svg).tag.endswith("svg")
        assert "currentColor" in svg and "#ffffff" not in svg and "#000000" not in svg


@pytest.mark.parametrize("width", [60, 80, 200])
def test_terminal_fits_and_says_what_is_needed(board: Board, hostile: Board, width: int) -> None:
    for shown in (board, hostile):
        out = io.StringIO()
        show(shown, Console(file=out, width=width))
        lines = out.getvalue().splitlines()
        assert max(len(line) for line in lines) <= width and "\x1b" not in out.getvalue()
    out = io.StringIO()
    show(board, Console(file=out, width=width))
    text = " ".join(out.getvalue().split())
    assert text.count(BANNER) == 1 and "abc1234" in text and "Not for clinical use" in text
    assert "in-domain: 60 patients, 93 specimens" in text and "patient-clustered bootstrap" in text
    assert ("Too narrow for" in text) == (width < 200)


def test_a_board_with_nothing_done_is_still_written(tmp_path: Path) -> None:
    task = fake_task()
    empty = pd.DataFrame(columns=task.predictions.columns)
    for status in ("missing", "not-applicable"):
        nothing = replace(task, predictions=empty, trials=task.trials.assign(status=status, error=""))
        files = write(build([nothing], **FACTS, resamples=5), tmp_path / status)
        assert "No entry is complete" in files["leaderboard.html"].read_text(encoding="utf-8")
        assert files["leaderboard.md"].read_text(encoding="utf-8").count("cnn-spatial-attention") >= 1


@given(st.text())
def test_escaping_keeps_lines_and_formulas_out(text: str) -> None:
    assert len(plain(text).splitlines()) <= 1
    assert not csv_cell(text).startswith(("=", "+", "-", "@"))
    assert "<" not in markdown(text) and not re.search(r"(?<!\\)(?:\\\\)*\|", markdown(text))
