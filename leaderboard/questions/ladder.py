"""The leak ladder: the same entries on the same cohort, split by image, by slide, by patient and by site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.inference import Floats, SharedDraw, shared_draw, summary
from leaderboard.measures import Metric, headline
from leaderboard.records import IN_DOMAIN, SHIFTED, Level, ResultError, TaskResult, TestSet, hole_notes, test_sets

RUNGS = ("random image", "slide", "patient", "site")
LEAKY_RUNGS = RUNGS[:2]
INFLATION, LEAKY = "inflation", "leaky, for demonstration"
LEVELS: Mapping[str, Level] = {"image": "specimen", "patient": "patient"}
COLUMNS = [
    "ladder", "entry", "level", "rung", "metric", "value", "low", "high", "n_patients", "n_specimens", "flags", "note",
]  # fmt: skip


def ladders(tasks: Iterable[TaskResult]) -> dict[str, tuple[TaskResult, ...]]:
    """Return ladder -> its tasks, in the order of ``RUNGS``."""
    named = [task for task in tasks if task.ladder]
    names = dict.fromkeys(task.ladder for task in named)
    order = {rung: i for i, rung in enumerate(RUNGS)}
    return {n: tuple(sorted((t for t in named if t.ladder == n), key=lambda t: order[t.rung])) for n in names}


def ladder(tasks: Sequence[TaskResult], *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Score every entry at every rung of one ladder, by image and by patient, with patient-clustered intervals.

    "inflation" is the score when images are dealt at random minus the score when patients are kept apart; one draw of
    patients serves all rungs, so its interval is paired. A rung without a task is listed as left out.

    Args:
        tasks: Checked rungs of one ladder.
        resamples: B.
        seed: Of the draw.

    Returns:
        Long table with ``COLUMNS``; NaN where a rung is left out, cannot be evaluated, or is a hole.

    Raises:
        ValueError: If the tasks are not rungs of one ladder, or a patient has another label in another rung.
    """
    rungs = _checked(tasks)
    metric = headline(len(tasks[0].classes))
    drawn = shared_draw([task.predictions for task in tasks], ["y", "domain", "role"], resamples, seed)
    entries = list(dict.fromkeys(entry for task in tasks for entry in task.entries))
    rows = [
        (tasks[0].ladder, entry, level, *row)
        for level in LEVELS
        for entry in entries
        for row in _entry(rungs, entry, level, drawn, metric)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _checked(tasks: Sequence[TaskResult]) -> dict[str, TaskResult]:
    rungs = {task.rung: task for task in tasks}
    names = {task.ladder for task in tasks}
    if len(names) != 1 or "" in names or len(rungs) != len(tasks) or not set(rungs) <= set(RUNGS):
        raise ResultError(
            f"a ladder needs tasks of one name with different rungs of {RUNGS}; got {names}, {list(rungs)}"
        )
    told = pd.concat([task.predictions[["specimen", "patient", "y"]] for task in tasks]).drop_duplicates()
    if told["specimen"].duplicated().any():
        raise ResultError(f"ladder {names}: a specimen has another patient or label in another rung")
    return rungs


def _entry(
    rungs: Mapping[str, TaskResult], entry: str, level: str, drawn: SharedDraw, metric: Metric
) -> list[tuple[object, ...]]:
    scores: dict[str, Floats] = {}
    patients: dict[str, NDArray[np.str_]] = {}
    rows: list[tuple[object, ...]] = []
    for rung in RUNGS:
        task = rungs.get(rung)
        samples, tested, facts = _rung(task, entry, level, drawn, metric)
        shown = (np.nan,) * 3
        if samples is not None:
            scores[rung], patients[rung] = samples, tested
            shown = summary(samples, drawn.reach(tested), metric.bounds)
        flags = LEAKY if rung in LEAKY_RUNGS else ""
        rows.append((rung, metric.name, *shown, *facts[:2], flags, facts[2]))
    if {"random image", "patient"} <= set(scores):
        gap = scores["random image"] - scores["patient"]
        n, wide = len(drawn.patients), drawn.reach(patients["random image"], patients["patient"])
        rows.append((INFLATION, metric.name, *summary(gap, wide), n, 0, LEAKY, "random image minus patient, same draw"))
    return rows


def _rung(
    task: TaskResult | None, entry: str, level: str, drawn: SharedDraw, metric: Metric
) -> tuple[Floats | None, NDArray[np.str_], tuple[int, int, str]]:
    """Return scores of one entry on one rung, None where undefined, whose they are, and what the row says."""
    nobody = np.array([], dtype=str)
    if task is None:
        return None, nobody, (0, 0, "left out: the board has no such task")
    holes = hole_notes(task)
    sets = {s.name: s for s in test_sets(task, LEVELS[level])}
    if entry in holes or entry not in task.entries or not sets:
        return None, nobody, (0, 0, holes.get(entry, "hole: not planned here"))
    chosen: TestSet = sets.get(IN_DOMAIN) or sets.get(SHIFTED) or next(iter(sets.values()))
    samples = drawn.scores(chosen, chosen.replicates[entry], metric)
    return samples, chosen.patients, (len(chosen.patients), chosen.n_specimens, "; ".join(chosen.notes))
