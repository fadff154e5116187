"""Tasks whose split is leaky for demonstration, and how every page says so."""

from __future__ import annotations

from dataclasses import replace

from leaderboard.questions import LEAKY, LEAKY_RUNGS
from leaderboard.records import TaskResult
from leaderboard.scores import FLAGS, Table

MEANING = "the split puts one patient on both sides on purpose, to show what a leak is worth; no figure is performance"
LEGEND = {**FLAGS, LEAKY: MEANING}


def is_leaky(task: TaskResult) -> bool:
    """Return whether the task says so, or is a leaky rung of a ladder."""
    return LEAKY in task.flags or task.rung in LEAKY_RUNGS


def mark(task: TaskResult) -> str:
    """Return the words that stand beside the name of a leaky task; "" of any other."""
    return LEAKY if is_leaky(task) else ""


def marked(text: str, task: TaskResult) -> str:
    """Return a title or caption that says so."""
    return f"{text} ({LEAKY})" if is_leaky(task) else text


def marked_table(table: Table, task: TaskResult) -> Table:
    """Return a table of the task whose caption says so."""
    return replace(table, title=marked(table.title, task))
