"""Names made to break HTML, CSV, Markdown or a terminal, and a board full of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from leaderboard.boards.board import build
from leaderboard.records.results import Board
from tests.leaderboard.fake_board import SKILL, fake_task
from tests.leaderboard.shared_board import FACTS

HOSTILE = [
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x")',
    "+1|2|3\n# heading",
    "@x [a](javascript:1) `b` \x1b[31m\u202e $\\frac$ \"' & _y",
]


@cache
def hostile_board() -> Board:
    """Return a board of one task whose every name is hostile, built once a process; no test may change it."""
    task = fake_task(
        skill=dict(zip(HOSTILE, SKILL.values(), strict=False)), failed=HOSTILE[1], domains=("A", "_B", HOSTILE[0])
    )
    trials = task.trials.assign(error=task.trials["error"].replace("", " ") + HOSTILE[0])
    task = replace(task, name=HOSTILE[0], title=HOSTILE[2], notes=(HOSTILE[3],), flags=(HOSTILE[0],), trials=trials)
    return build([task], **{**FACTS, "title": HOSTILE[0], "command": HOSTILE[3]}, resamples=5)
