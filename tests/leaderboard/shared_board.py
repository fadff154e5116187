"""Boards that tests share, and boards of what they look at only: scoring is most of what these tests take."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from leaderboard.boards import parts
from leaderboard.boards.board import build
from leaderboard.records.quarantine import quarantined
from leaderboard.records.results import Board, TaskResult
from tests.leaderboard.fake_board import fake_tasks

FACTS: Mapping[str, str] = {
    "suite": "apl",
    "title": "APL",
    "profile": "quick",
    "commit": "abc1234",
    "date": "2026-11-22",
    "command": "python -m benchmark run --suite apl",
}


@cache
def shared_board() -> Board:
    """Return the board of ``fake_tasks`` with ten resamples, built once a process; no test may change it."""
    return build(fake_tasks(), **FACTS, resamples=10)


def board_without_further(*tasks: TaskResult, resamples: int) -> Board:
    """Return what ``build`` makes of tasks, but for the further tables."""

    def keep(make: parts.Make, *rest: object) -> parts.Tables:
        return {} if make is parts.further else make(*rest)  # type: ignore[arg-type]

    clean = tuple(quarantined(task)[0] for task in tasks)
    found = parts.tables(clean, resamples=resamples, seed=0, keep=keep)
    return Board(**FACTS, tasks=clean, **found, further={}, resamples=resamples)
