"""The LaTeX file compiles, also with names made to break it, and says what the table says."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest

from leaderboard.boards.board import build
from leaderboard.formats.latex import render_latex as render
from leaderboard.text.escape import latex
from tests.leaderboard.fake_board import SKILL, fake_task
from tests.leaderboard.hostile_board import HOSTILE
from tests.leaderboard.shared_board import FACTS, shared_board

NASTY = [*HOSTILE, r"\input{/etc/passwd}", "50 % of $x^2$ & ~ # {}", "Ünïcödé → 血", "a\\\\b"]


@pytest.fixture(scope="module")
def board():
    return shared_board()


def test_every_entry_and_headline_figure_is_in_the_table(board):
    text = render(board)
    for entry in SKILL:
        assert latex(entry) in text
    first = board.scores[(board.scores["task"] == "apl-jhu") & (board.scores["metric"] == "auroc")]
    for value in first.loc[first["test_set"] == "in-domain", "value"].dropna():
        assert f"{value:.3f}" in text
    assert "Generated cohort" in text
    assert text.count(r"\toprule") == len(board.tasks)


@pytest.mark.parametrize("name", NASTY)
def test_no_command_survives(name):
    shown = latex(name)
    assert r"\input" not in shown
    assert "\n" not in shown


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("hostile", [False, True])
def test_it_compiles(board, tmp_path, hostile):
    if hostile:
        task = fake_task(skill=dict(zip(NASTY, SKILL.values(), strict=False)), failed=NASTY[1])
        task = replace(task, title=NASTY[3], notes=tuple(NASTY))
        board = build([task], **{**FACTS, "command": NASTY[4]}, resamples=5)
    (tmp_path / "board.tex").write_text(render(board), encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "board.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "board.pdf").stat().st_size > 1000
