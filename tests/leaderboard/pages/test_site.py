"""The static site: whole, stable, linked, alone, and safe against hostile names."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pandas as pd
import pytest

from leaderboard.boards.board import build
from leaderboard.pages.across_tasks import across_tasks
from leaderboard.pages.further_page import further_pages
from leaderboard.pages.page import render_page
from leaderboard.pages.site import render_site, write_site
from leaderboard.pages.templating import ASSETS, LIBRARY, LICENCE, asset
from leaderboard.questions.ladder import LEAKY
from leaderboard.records.results import Board
from leaderboard.records.scored_unit import LINES
from leaderboard.records.testsets import test_sets as sets_of
from leaderboard.scores.tables import BANNER, views
from leaderboard.text.links import file_name
from leaderboard.verdicts.leaky import MEANING
from leaderboard.verdicts.tripod import TOPICS
from tests.leaderboard.fake_board import fake_task
from tests.leaderboard.hostile_board import HOSTILE, hostile_board
from tests.leaderboard.html_page import Page
from tests.leaderboard.shared_board import FACTS, board_without_further, shared_board

FEW = {"prior": 0.0, "xgboost": 2.4}


@pytest.fixture(scope="module")
def board() -> Board:
    return shared_board()


@pytest.fixture(scope="module")
def site(board: Board, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_site(board, folder)
    return folder


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    write_site(hostile_board(), folder)
    return folder


def pages(folder: Path) -> dict[str, Page]:
    found = {path.name: Page(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.html"))}
    assert found
    return found


def test_there_is_a_page_for_everything(board: Board, site: Path) -> None:
    expected = {"index.html", "claims.html"} | {file_name("entry", entry) for entry in board.tasks[0].entries}
    expected |= {file_name(kind, task.name) for task in board.tasks for kind in ("task", "dataset")}
    expected |= {
        file_name("scores", *key) for key in zip(board.details["task"], board.details["test_set"], strict=True)
    }
    expected |= {name for view in views(board) for name, _, _ in further_pages(view)}
    assert {path.name for path in site.glob("*.html")} == expected


def test_same_board_same_bytes_and_old_pages_go(board: Board, site: Path, tmp_path: Path) -> None:
    write_site(replace(board, tasks=board.tasks[:1]), tmp_path)
    (tmp_path / "task-notes.html").write_text("mine")
    (tmp_path / file_name("task", "gone")).write_text("ours")
    written = write_site(board, tmp_path)
    assert not (tmp_path / file_name("task", "gone")).exists() and (tmp_path / "task-notes.html").exists()
    assert all(path.read_bytes() == (site / name).read_bytes() for name, path in written.items())


@pytest.mark.parametrize("which", ["site", "hostile_site"])
def test_every_link_leads_somewhere_and_nothing_leaves(which: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(which)
    found = pages(folder)
    ids = {name: [a["id"] for _, a in page.tags if a.get("id")] for name, page in found.items()}
    for name, page in found.items():
        assert not page.open
        assert len(ids[name]) == len(set(ids[name])), name
        targets = [a[key] for _, a in page.tags for key in ("href", "xlink:href", "src") if a.get(key)]
        for target in targets:
            if target == "data:,":
                continue
            path, _, anchor = str(target).partition("#")
            assert not path or (folder / unquote(path)).is_file(), (name, target)
            assert not anchor or anchor in ids[path or name], (name, target)


@pytest.mark.parametrize("which", ["site", "hostile_site"])
def test_pages_are_semantic(which: str, request: pytest.FixtureRequest) -> None:
    for name, page in pages(request.getfixturevalue(which)).items():
        assert page.count("h1") == page.count("main") == 1, name
        assert page.count("table") == page.count("caption"), name
        assert all("scope" in a for tag, a in page.tags if tag == "th"), name
        labelled = [a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a]
        assert set(labelled) <= {a.get("id") for _, a in page.tags}, name
        policy = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
        assert policy and str(policy[0]).startswith("default-src 'none'"), name


CELL = re.compile(r'<t[dh](?: scope="row")?( class="number")? data-order="([^"]*)">(.*?)</t[dh]>')


def test_a_number_is_sorted_by_what_it_shows(site: Path) -> None:
    """And what is sorted last, because it has no order, is a word."""
    shown_numbers = 0
    for path in site.glob("*.html"):
        for number, order, body in CELL.findall(path.read_text(encoding="utf-8")):
            shown = unescape(re.sub(r"<small>.*?</small>|<[^>]+>", "", body)).strip()
            if not order:
                assert not re.search(r"\d", shown), (path.name, shown)
            elif re.fullmatch(r"[−-]?[\d,.]+", shown):
                digits = len(shown.partition(".")[2])
                value = float(shown.replace(",", "").replace("−", "-"))
                assert number and abs(float(order) - value) < 0.51 * 10.0**-digits, (path.name, shown)
                shown_numbers += 1
            elif re.fullmatch(r"[−-]?[\d.]+ ?%", shown):
                assert float(order) == pytest.approx(float(shown.rstrip("% ")) / 100, abs=0.0051), (path.name, shown)
    assert shown_numbers > 1000


def test_columns_of_words_are_not_columns_of_numbers(site: Path) -> None:
    """The heading of every table, and that of each of its columns, is what its cells are."""
    seen = set()
    for path in site.glob("*.html"):
        for table in re.findall(r'<table class="sortable">.*?</table>', path.read_text(encoding="utf-8"), re.DOTALL):
            root = ElementTree.fromstring(table)
            columns = zip(root.findall("thead/tr/th"), *root.findall("tbody/tr"), strict=True)
            for head, *cells in columns:
                name, is_number = "".join(head.itertext()), head.attrib.get("class") == "number"
                assert all((cell.attrib.get("class") == "number") == is_number for cell in cells), (path.name, name)
                orders = [cell.attrib["data-order"] for cell in cells]
                if not is_number:
                    shown = [(cell.findtext("a") or cell.text or "").strip() for cell in cells]
                    assert all(o == s or s == "–" for o, s in zip(orders, shown, strict=True)), (path.name, name)
                else:
                    assert all(re.fullmatch(r"(-?\d+(\.\d+)?(e-\d+)?)?", order) for order in orders), (path.name, name)
                assert head.attrib["title"] != name or is_number, (path.name, name)
                seen.add((name, is_number))
    assert {("entry", False), ("flags", False), ("seconds", True), ("tie", True)} <= seen


def test_generated_cohorts_carry_the_banner_wherever_they_show(board: Board, site: Path) -> None:
    for path in site.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "Not for clinical use" in text and "abc1234" in text
        only_recorded = re.match(r"(task|scores|dataset)-apl-(labs|jhu)", path.name)
        assert (BANNER in text) == (not only_recorded), path.name


def test_hostile_names_break_nothing(hostile_site: Path) -> None:
    for name, page in pages(hostile_site).items():
        text = (hostile_site / name).read_text(encoding="utf-8")
        assert re.fullmatch(r"(index|claims)\.html|(task|scores|entry|dataset)-[a-z0-9-]+\.html", name)
        assert page.count("script") == 2 and "\x1b" not in text and "\u202e" not in text
        assert not [a for tag, a in page.tags if any(key.startswith("on") for key in a)]


@pytest.mark.parametrize("name", [*HOSTILE, "../../etc/passwd", "CON", "", "é" * 300, "\ud800"])
def test_file_names_are_harmless_and_apart(name: str) -> None:
    made = file_name("entry", name)
    assert re.fullmatch(r"entry-[a-z0-9-]{8,50}\.html", made) and made != file_name("entry", name + "/")
    assert file_name("scores", "a b", "c") != file_name("scores", "a", "b c")


def test_failed_quality_stands_above_the_table(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    section = text[text.index('id="task-1"') : text.index('id="task-2"')]
    assert section.index("Hole: cnn-spatial-attention") < section.index("<table")
    assert section.index("Resolution floor") < section.index("<table")


def test_entry_page_says_what_is_known_and_what_is_not(site: Path) -> None:
    text = (site / file_name("entry", "xgboost")).read_text(encoding="utf-8")
    assert "Hyper-parameters" in text or "published default hyper-parameters" in text
    assert "6 of 6 trials done" in text and "Evaluation of xgboost" in text
    assert text.count("not stated") > 20 and all(f'<th scope="row">{number}</th>' in text for number in TOPICS)


def test_a_leaky_task_says_so_wherever_it_shows() -> None:
    tasks = [fake_task(name, n=36, failed=None, seeds=1, skill=FEW) for name in ("honest", "leaky-flag", "leaky-rung")]
    tasks[1] = replace(tasks[1], flags=(LEAKY,))
    tasks[2] = replace(tasks[2], ladder="cells", rung="slide")
    board = build(tasks, **FACTS, resamples=5)
    found = dict(render_site(board, pictures=False))
    one = Page(render_page(board))
    assert (
        not one.open and len([a["id"] for _, a in one.tags if "id" in a]) == len({a.get("id") for _, a in one.tags}) - 1
    )
    rows = re.findall(r"<tr><th.*?</th>", found[file_name("entry", "xgboost")])
    for task in tasks:
        is_leaky = task.name != "honest"
        home = found[file_name("task", task.name)]
        assert (f"<h1>{task.name} ({LEAKY})</h1>" in home) == is_leaky == (f"in-domain ({LEAKY})</span>" in home)
        for pages_of in (found["index.html"], render_page(board)):
            part = pages_of[pages_of.index(f"{task.name}, best first") - 1500 :][:1700]
            assert (f"in-domain ({LEAKY})</span>" in part) == is_leaky
        mine = [row for row in rows if f">{task.name}</a>" in row]
        assert len(mine) >= 3 and all((LEAKY in row) == is_leaky for row in mine)
        further = [
            text for name, text in found.items() if name.startswith(f"task-{task.name}-") and "Score" not in text
        ]
        assert all((f"{LEAKY}: {MEANING}" in text) == is_leaky for text in further)


def test_what_is_scored_is_said_of_each_task() -> None:
    patients = fake_task("by-patient", n=36, failed=None, seeds=1, skill=FEW)
    specimens = replace(patients, name="by-specimen", level="specimen")
    mixed = patients.predictions.assign(y=lambda t: (t["specimen"].str[1:].astype(int)) % 3)
    twins = replace(patients, name="two-classes", predictions=mixed)
    board = build([patients, specimens, twins], **FACTS, resamples=5)
    found = dict(render_site(board, pictures=False))
    for task, unit in ((patients, "patients"), (specimens, "specimens"), (twins, "specimens")):
        text = unescape(found[file_name("task", task.name)])
        assert [LINES[name] in text for name in LINES] == [name == unit for name in LINES]
        sizes = {len(r.y) for rs in sets_of(task)[0].replicates.values() for r in rs}
        told = task.predictions[task.predictions["role"] == "test"]
        assert sizes == {told["patient" if unit == "patients" else "specimen"].nunique()}
    assert unescape(found["index.html"]).count(LINES["specimens"]) == 2


def test_a_board_with_nothing_done_is_still_a_site(tmp_path: Path) -> None:
    task = fake_task()
    empty = pd.DataFrame(columns=task.predictions.columns).astype(task.predictions.dtypes)
    nothing = replace(task, predictions=empty, trials=task.trials.assign(status="missing", error=""))
    write_site(build([nothing], **FACTS, resamples=5), tmp_path)
    assert "No entry is complete" in (tmp_path / "index.html").read_text(encoding="utf-8")
    test_task = (tmp_path / file_name("task", task.name)).read_text(encoding="utf-8")
    assert "Fewer than two entries can be compared" in test_task


def test_without_pictures_there_is_no_picture(board: Board) -> None:
    assert not [name for name, text in render_site(board, pictures=False) if "<svg" in text]


def test_few_tasks_have_no_critical_difference(board: Board) -> None:
    told = across_tasks(board, views(board), pictures=True)
    assert told["rank_table"] is None and "needs 6" in " ".join(told["lines"])  # type: ignore[call-overload]
    assert told["win_table"] is not None


def test_the_table_library_is_the_one_that_is_recorded() -> None:
    recorded = re.findall(r"[0-9a-f]{64}", asset("VENDORED.md"))
    assert recorded == [hashlib.sha256((ASSETS / LIBRARY).read_bytes()).hexdigest()]
    assert (ASSETS / LIBRARY).stat().st_size < 150_000 and "MIT License" in asset(LICENCE)


def test_six_tasks_have_one() -> None:
    tasks = [fake_task(f"t{i}", seed=i, failed=None, n=60, seeds=1, domains=("A", "B")) for i in range(6)]
    board = board_without_further(*tasks, resamples=5)
    told = across_tasks(board, views(board), pictures=True)
    assert told["rank_table"].rows and "<svg" in str(told["ranks"])  # type: ignore[attr-defined]
    assert "6 tasks are too few to tell any of 10 pairs apart" in " ".join(told["lines"])  # type: ignore[call-overload]
