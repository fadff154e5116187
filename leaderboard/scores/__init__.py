"""Make the long tables of scores."""

from leaderboard.scores.detail_score import COLUMNS, detail
from leaderboard.scores.rows import CONTROL, Facts, bounds, seeds, stale_entries
from leaderboard.scores.score import facts, resampled, score
from leaderboard.scores.tables import BANNER, FLAGS, Cell, Column, Score, Table, TaskView, details, summary, views

__all__ = [
    "BANNER",
    "COLUMNS",
    "CONTROL",
    "FLAGS",
    "Cell",
    "Column",
    "Facts",
    "Score",
    "Table",
    "TaskView",
    "bounds",
    "detail",
    "details",
    "facts",
    "resampled",
    "score",
    "seeds",
    "stale_entries",
    "summary",
    "views",
]
