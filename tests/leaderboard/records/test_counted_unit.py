"""Where the source names no patients, no table counts them."""

import re
from dataclasses import replace

import pytest

from leaderboard.boards.board import build
from leaderboard.formats.markdown import render_markdown as render
from leaderboard.pages.site import render_site
from leaderboard.records.scored_unit import NO_IDS
from tests.leaderboard.fake_board import fake_task
from tests.leaderboard.shared_board import FACTS

N = 61  # a number that no fixed sentence has


@pytest.mark.parametrize("named", [True, False])
def test_specimens_are_not_called_patients(named):
    task = fake_task("cells", n=N, seeds=1, skill={"prior": 0.0, "xgboost": 2.4}, failed=None)
    board = build((task if named else replace(task, flags=(NO_IDS,)),), **FACTS, resamples=6)
    told = "\n".join([render(board), *(text for _, text in render_site(board, pictures=False))])
    counted = {int(n) for n in re.findall(r"(\d+) patients", told)} - {5, 10}
    assert bool(counted) == named
    assert ("specimens; the source names no patients" in told) != named
