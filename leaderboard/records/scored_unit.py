"""What is scored on a task: patients, or specimens one by one."""

from __future__ import annotations

from typing import Literal

from leaderboard.records.results import TaskResult

LINES = {
    "patients": "Scores are of patients: probabilities are averaged over a patient's specimens",
    "specimens": "Scores are of specimens, one by one; the bootstrap still draws whole patients",
}


NO_IDS = "no patient ids"  # flag of a task whose source names no patients


def counted_unit(task: TaskResult) -> Literal["patients", "specimens"]:
    """Return what a count of people may be called: specimens where the source names no patients."""
    return "specimens" if NO_IDS in task.flags else "patients"


def sizes_in_words(task: TaskResult, n_patients: object, n_specimens: object) -> str:
    """Return the size of a test set in words."""
    if counted_unit(task) == "specimens":
        return f"{n_specimens} specimens; the source names no patients"
    return f"{n_patients} patients, {n_specimens} specimens"


def scored_unit(task: TaskResult) -> Literal["patients", "specimens"]:
    """Return what one row of the scores is; specimens, too, where some patient has specimens of two classes."""
    one_class = task.predictions.groupby("patient")["y"].nunique().le(1).all()
    return "patients" if task.level == "patient" and one_class else "specimens"


def scored_line(task: TaskResult) -> str:
    """Return the sentence that stands above the task's tables."""
    return LINES[scored_unit(task)]
