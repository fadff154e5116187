"""The README's code blocks run as they stand; its figures match the file they come from."""

import functools
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmark.commands.cli import app
from leaderboard.boards import parts
from leaderboard.boards.score_cache import part_key
from leaderboard.formats.excerpt import excerpt

COLUMNS = [
    ("apl-sim", "in-domain", "balanced_accuracy"),
    ("apl-jhu", "in-domain", "auroc"),
    ("apl-labs", "all shifted", "auroc"),
]
ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)


def test_the_page_has_blocks_of_each_kind():
    kinds = {(language, note) for language, note, _ in BLOCKS}
    assert kinds == {("bash", "install"), ("bash", ""), ("python", "my_model.py")}


@pytest.fixture
def scored_once(monkeypatch):
    """Score what is the same to the last bit once: a board that is verified or copied is that of the run before it."""
    known = {}

    def remembered(make):
        @functools.wraps(make)
        def made(*given):
            key = part_key(make, *given)
            if key not in known:
                known[key] = make(*given)
            return {name: table.copy() for name, table in known[key].items()}

        return made

    for make in (parts.joint, parts.detailed, parts.further):
        monkeypatch.setattr(parts, make.__name__, remembered(make))


def in_a_shell(block, home):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-ec", block], cwd=home, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"


def in_this_process(block):
    """Run the lines of a block without a new interpreter for each; every one of them is a command of ours."""
    for line in block.splitlines():
        words = shlex.split(line)
        assert words[:3] == ["python", "-m", "benchmark"], line
        done = CliRunner().invoke(app, words[3:])
        assert done.exit_code == 0, f"{line}\n{done.output}\n{done.exception!r}"


@pytest.mark.usefixtures("scored_once")
def test_blocks_run_in_order_as_a_reader_would(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for worker processes
    first, *others = [body for language, note, body in BLOCKS if language == "bash" and note != "install"]
    for language, note, body in BLOCKS:
        if language == "python":
            (tmp_path / note).write_text(body)
    in_a_shell(first, tmp_path)
    for block in others:
        in_this_process(block)
    page = (tmp_path / "runs/smoke/leaderboard.quick/leaderboard.html").read_text()
    assert "NearestCentroid" in page and "prior" in page


def test_the_leaderboard_is_an_excerpt_of_the_published_file():
    scores = pd.read_csv(ROOT / "leaderboard/published/apl/leaderboard.csv")
    shown = TEXT.partition("<!-- leaderboard:begin -->\n")[2].partition("\n<!-- leaderboard:end -->")[0]
    assert shown == excerpt(scores, COLUMNS), "copy the expected table into README.md"


def test_sentences_about_the_leaderboard_are_those_of_the_published_file():
    board = (ROOT / "leaderboard/published/apl/leaderboard.md").read_text()
    best = re.search(r"Bayes posterior of the generator .*: balanced accuracy (\S+) in-domain", board)
    assert best is not None and f"would have a balanced accuracy of {best[1]}" in TEXT
    (tied,) = re.findall(r"^- On balanced accuracy \(in-domain\) these patients do not separate (.*?)\.", board, re.M)
    names = re.split(r" from |, ", tied)
    rows = re.findall(r"^\| ([\w-]+) \| \d", TEXT, re.M)
    count = {4: "four", 5: "five", 6: "six", 7: "seven"}[len(names)]
    assert set(rows[: len(names)]) == set(names)
    assert f"do not separate the first {count} rows" in " ".join(TEXT.split())


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)\)", TEXT))
def test_links_lead_somewhere(link):
    assert (ROOT / link).exists()


def test_the_model_is_as_short_as_promised():
    body = next(body for language, _, body in BLOCKS if language == "python")
    assert len([line for line in body.splitlines() if line.strip()]) <= 15


def test_the_test_command_is_what_ci_runs():
    install = [body.strip() for language, note, body in BLOCKS if note == "install"]
    assert install[1] in (ROOT / ".ci/run").read_text()
