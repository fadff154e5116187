"""What is scored on a task: patients, or specimens one by one."""

from __future__ import annotations

from typing import Literal

from leaderboard.records.results import TaskResult

LINES = {
    "patients": "Scores are of patients: probabilities are averaged over a patient's specimens",
    "specimens": "Scores are of specimens, one by one; the bootstrap still draws whole patients",
}


def scored_unit(task: TaskResult) -> Literal["patients", "specimens"]:
    """Return what one row of the scores is; specimens, too, where some patient has specimens of two classes."""
    one_class = task.predictions.groupby("patient")["y"].nunique().le(1).all()
    return "patients" if task.level == "patient" and one_class else "specimens"


def scored_line(task: TaskResult) -> str:
    """Return the sentence that stands above the task's tables."""
    return LINES[scored_unit(task)]
