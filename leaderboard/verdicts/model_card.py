"""A model card of an entry, filled in from its results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from leaderboard.measures import METRICS
from leaderboard.questions import cost_words
from leaderboard.scores import BANNER, TaskView
from leaderboard.text import plain
from leaderboard.verdicts.leaky import LEGEND, mark, marked
from leaderboard.verdicts.tested import Tested


@dataclass(frozen=True)
class Field:
    """One heading of the card and what the results tell under it; nothing where they do not."""

    name: str
    lines: tuple[str, ...]


def model_card(entry: str, views: tuple[TaskView, ...], tests: Mapping[str, Tested]) -> tuple[Field, ...]:
    """Return the nine sections of a model card and the costs; ``tests`` holds what was tested, by name of the task.

    Reference: M. Mitchell et al., Model cards for model reporting, 2019.
    """
    return (
        Field("Model details", _details(entry, views)),
        Field("Parameters, licence, developers, references", ()),
        Field("Intended use", ("Comparison of architectures on these datasets. Not for clinical use.",)),
        Field("Factors", tuple(f"Domains of {_name(view)}: {tests[view.task.name].domains}." for view in views)),
        Field("Metrics", (f"{', '.join(metric.label for metric in METRICS.values())}, each with a 95 % interval.",)),
        Field("Evaluation data", tuple(f"{_name(view)}: {tests[view.task.name].sizes}." for view in views)),
        Field("Training data", tuple(training(entry, view) for view in views)),
        Field("Data of pre-training", ()),
        Field("Quantitative analyses", tuple(headline(entry, view) for view in views)),
        Field("Costs", tuple(filter(None, (spending(entry, view, tests[view.task.name]) for view in views)))),
        Field("Ethical considerations", ()),
        Field("Caveats and recommendations", caveats(entry, views)),
    )


def _name(view: TaskView) -> str:
    return plain(view.task.name)


def _details(entry: str, views: tuple[TaskView, ...]) -> tuple[str, ...]:
    families = dict.fromkeys(view.task.families[entry] for view in views if entry in view.task.families)
    family = f", family {', '.join(families)}" if families else ""
    board = views[0].board
    return (
        f"Entry {plain(entry)}{family}, code of commit {plain(board.commit)}.",
        *(f"{_name(view)}: {tuning(entry, view)}." for view in views),
    )


def tuning(entry: str, view: TaskView) -> str:
    """Return how the hyper-parameters of an entry were chosen on a task."""
    tuned = view.trials[view.row(entry)]["tuned"].dropna()
    if not len(tuned):
        return "nothing to tune"
    return "tuned on the validation rows" if all(tuned) else "published default hyper-parameters"


def training(entry: str, view: TaskView) -> str:
    """Return what an entry was trained on, as far as the plan tells."""
    trials = view.trials[view.row(entry)]
    n_done = int((trials["status"] == "done").sum())
    return (
        f"{_name(view)}: rows of dataset {plain(view.task.dataset)} that are not tested in the same fold; "
        f"{trials['fold'].nunique()} folds x {trials['seed'].nunique()} seeds, {n_done} of {len(trials)} trials done."
    )


def headline(entry: str, view: TaskView) -> str:
    """Return an entry's headline score with interval and tie group."""
    first, metric, row = view.test_sets[0], view.headline, view.row(entry)
    score = view.cells[row, first, metric.name]
    if math.isnan(score.value):
        return f"{_name(view)}: no result."
    tie = f", tie group {score.tie}" if score.tie else ", not ranked"
    tie += f", in the row of {plain(row)}, the same model here" if row != entry else ""
    where = f"{marked(_name(view), view.task)}: {metric.label} ({plain(first)})"
    return f"{where} {score.value:.3f} [{score.low:.3f}, {score.high:.3f}]{tie}."


def spending(entry: str, view: TaskView, test: Tested) -> str:
    """Return what an entry costs on a task; "" where it is not ranked or nothing is recorded."""
    words = "".join(cost_words(row) for _, row in test.costs[test.costs["entry"] == entry].iterrows())
    return f"{_name(view)}: {words}." if words else ""


def caveats(entry: str, views: tuple[TaskView, ...]) -> tuple[str, ...]:
    """Return what a reader must know before believing an entry's figures."""
    generated = [_name(view) for view in views if view.task.generated]
    flags = {flag: [_name(view) for view in views if flag in (*view.flags(entry), mark(view.task))] for flag in LEGEND}
    return (
        *([f"{', '.join(generated)}: {BANNER}."] * bool(generated)),
        *(f"{', '.join(names)}: {flag}; {LEGEND[flag]}." for flag, names in flags.items() if names),
    )
