"""A TRIPOD+AI skeleton of an entry: what its results tell of each item of the reporting guideline.

Reference: G. Collins et al., TRIPOD+AI statement, BMJ 2024;385:e078378. The topics are in our words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from leaderboard.measures import METRICS
from leaderboard.scores import TaskView
from leaderboard.text import plain
from leaderboard.verdicts.model_card import caveats, headline, training, tuning
from leaderboard.verdicts.tested import Tested

TOPICS = {
    "1": "Title: development or evaluation, target population, outcome",
    "2": "Abstract: see TRIPOD+AI for abstracts",
    "3a": "Background: healthcare context and existing models",
    "3b": "Target population, place in the care pathway, users",
    "3c": "Known health inequalities",
    "4": "Objectives: development, evaluation or both",
    "5a": "Sources of data, and how well they represent the population",
    "5b": "Dates of the data",
    "6a": "Setting: number and place of centres",
    "6b": "Eligibility of participants",
    "6c": "Treatments received",
    "7": "Preparation and quality checks of the data",
    "8a": "Outcome: definition, time, assessment",
    "8b": "Who assessed the outcome",
    "8c": "Blinding of the assessment",
    "9a": "Choice of initial predictors",
    "9b": "Predictors: definition and measurement",
    "9c": "Who assessed the predictors",
    "10": "Sample size and why it suffices",
    "11": "Missing data",
    "12a": "Which data served development and which evaluation",
    "12b": "Handling of predictors: form, scaling",
    "12c": "Type of model, steps of building, tuning, internal validation",
    "12d": "Differences between clusters such as centres",
    "12e": "Measures of performance and how models are compared",
    "12f": "Updating of the model after evaluation",
    "12g": "How predictions were calculated for the evaluation",
    "13": "Class imbalance",
    "14": "Fairness",
    "15": "Output of the model and thresholds",
    "16": "Differences between development and evaluation data",
    "17": "Ethical approval",
    "18a": "Funding",
    "18b": "Conflicts of interest",
    "18c": "Protocol",
    "18d": "Registration",
    "18e": "Availability of data",
    "18f": "Availability of code",
    "19": "Involvement of patients and public",
    "20a": "Flow of participants",
    "20b": "Characteristics of participants",
    "20c": "Predictors in development against evaluation data",
    "21": "Participants and outcomes in each analysis",
    "22": "Full specification of the model",
    "23a": "Performance with intervals, also in subgroups",
    "23b": "Performance by cluster",
    "24": "Results of updating",
    "25": "Interpretation",
    "26": "Limitations",
    "27a": "Poor or missing input in use",
    "27b": "Expertise and interaction of users",
    "27c": "Next steps",
}


@dataclass(frozen=True)
class Item:
    """One item; no lines where the results tell nothing."""

    number: str
    topic: str
    lines: tuple[str, ...]


def tripod(entry: str, views: tuple[TaskView, ...], tests: Mapping[str, Tested]) -> tuple[Item, ...]:
    """Return every item of the guideline with what the results of an entry and ``tests``, by task, tell of it."""
    told: dict[str, tuple[str, ...]] = dict(_told(entry, views, tests))
    return tuple(Item(number, topic, told.get(number, ())) for number, topic in TOPICS.items())


def _told(
    entry: str, views: tuple[TaskView, ...], tests: Mapping[str, Tested]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    board, each = views[0].board, [(plain(view.task.name), view) for view in views]
    on = [(plain(view.task.name), tests[view.task.name]) for view in views]
    yield "1", tuple(f"Evaluation of {plain(entry)} for {plain(view.task.title)} ({name})" for name, view in each)
    yield "4", ("Development within folds and evaluation on patients who were held out.",)
    yield "5a", tuple(f"{name}: dataset {plain(view.task.dataset)}, {_kind(view)}" for name, view in each)
    yield "6a", tuple(f"{name}: domains {test.domains}" for name, test in on)
    yield "8a", tuple(f"{name}: one of {', '.join(map(plain, view.task.classes))}" for name, view in each)
    yield "10", tuple(f"{name}: {test.sizes}. {test.floor}" for name, test in on)
    yield "12a", tuple(training(entry, view) for view in views)
    yield "12c", tuple(f"{name}: {tuning(entry, view)}" for name, view in each)
    yield "12d", ("Every domain of a shifted test set is scored apart, and the worst of them is shown.",)
    yield "12e", (f"{', '.join(m.label for m in METRICS.values())}; paired patient-clustered bootstrap, tie groups.",)
    yield "12g", (*(f"{name}: {test.scored}." for name, test in on), "Scores are averaged over seeds.")
    yield "15", ("A probability of each class; the label is the most probable class, no threshold is tuned.",)
    yield "18f", (f"Commit {plain(board.commit)}, made by: {plain(board.command)}",)
    yield "21", tuple(f"{name}: {test.outcomes}" for name, test in on)
    yield "23a", tuple(headline(entry, view) for view in views)
    yield "23b", ("See the rows by test set in the first table of this page.",)
    yield "26", caveats(entry, views)


def _kind(view: TaskView) -> str:
    return "generated by a simulator" if view.task.generated else "recorded data"
