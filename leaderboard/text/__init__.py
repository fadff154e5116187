"""Make names harmless in files, pages and addresses."""

from leaderboard.text.escape import csv_cell, latex, markdown, plain
from leaderboard.text.links import OURS, file_name

__all__ = [
    "OURS",
    "csv_cell",
    "file_name",
    "latex",
    "markdown",
    "plain",
]
