"""Make the whole board of a suite."""

from leaderboard.boards import board
from leaderboard.boards.board import build, texts, write
from leaderboard.boards.score_cache import ScoreCache

__all__ = [
    "ScoreCache",
    "board",
    "build",
    "texts",
    "write",
]
