"""The tables of a board, made in parts: each part is given only what determines it, so that it can be kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from leaderboard.questions import TITLES, further_tables, pairs
from leaderboard.records import NO_IDS, TaskResult
from leaderboard.scores import COLUMNS, detail, score

Tasks = tuple[TaskResult, ...]
Tables = dict[str, pd.DataFrame]
Make = Callable[[Tasks, int, int], Tables]  # tasks, resamples, seed -> tables by name
Keep = Callable[[Make, Tasks, int, int], Tables]  # calls the first argument with the rest, or knows the answer


def compute(make: Make, tasks: Tasks, resamples: int, seed: int) -> Tables:
    """Make a part anew."""
    return make(tasks, resamples, seed)


def tables(tasks: Sequence[TaskResult], *, resamples: int, seed: int, keep: Keep = compute) -> Tables:
    """Return "scores", "details", "pairs" and then the further tables of checked tasks, in the order of ``TITLES``.

    Args:
        tasks: Of one board, with unique names.
        resamples: B.
        seed: Of the resamples.
        keep: How each part is made; whatever it is, the tables are the same.
    """
    found: dict[str, list[pd.DataFrame]] = {}
    for task in tasks:
        _add(found, keep(joint, (_bare(task),), resamples, seed))
        one_by_one = [keep(detailed, (_bare(task, entry),), resamples, seed)["details"] for entry in task.entries]
        _add(found, {"details": _in_order(one_by_one)})
    for group in _groups(tasks):
        _add(found, keep(further, group, resamples, seed))
    return {name: _joined(found[name]) for name in ("scores", "details", "pairs", *TITLES) if name in found}


def joint(tasks: Tasks, resamples: int, seed: int) -> Tables:
    """Return what depends on all entries of a task together: scores with their ties, and pairs."""
    (task,) = tasks
    return {"scores": score(task, resamples=resamples, seed=seed), "pairs": pairs(task, resamples=resamples, seed=seed)}


def detailed(tasks: Tasks, resamples: int, seed: int) -> Tables:
    """Return the details of a task of one entry."""
    (task,) = tasks
    return {"details": detail(task, resamples=resamples, seed=seed)}


def further(tasks: Tasks, resamples: int, seed: int) -> Tables:
    """Return the further tables of one task, or of all tasks of one ladder or learning curve."""
    return further_tables(tasks, resamples=resamples, seed=seed)


def _bare(task: TaskResult, entry: str | None = None) -> TaskResult:
    """Return a task, or one entry of it, with nothing but what scores and details are computed from."""
    predictions, trials, families = task.predictions, task.trials, task.families
    if entry is not None:
        predictions, trials = (table[table["entry"] == entry] for table in (predictions, trials))
        predictions, trials, families = predictions.reset_index(drop=True), trials.reset_index(drop=True), {}
    return TaskResult(
        name=task.name,
        title="",
        dataset="",
        classes=task.classes,
        positive=task.positive,
        generated=task.generated,
        flags=_counted(task),
        notes=(),
        predictions=predictions,
        trials=trials,
        families=families,
        level=task.level,
        fold_names=task.fold_names,
    )


def _counted(task: TaskResult) -> tuple[str, ...]:
    """Return the one flag that notes of the tables speak of: whether there are patients to count."""
    return tuple(flag for flag in task.flags if flag == NO_IDS)


def _groups(tasks: Sequence[TaskResult]) -> list[Tasks]:
    """Return each task alone and the tasks of a ladder or a curve together, without what is only printed."""
    groups: dict[tuple[str, str, str], list[TaskResult]] = {}
    for task in tasks:
        told = replace(task, title="", flags=_counted(task), notes=(), published=())
        groups.setdefault((task.ladder, task.curve, "" if task.ladder or task.curve else task.name), []).append(told)
    return [tuple(group) for group in groups.values()]


def _in_order(one_by_one: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the details of single entries as ``detail`` orders those of all: by level, test set, entry."""
    table = _joined([part for part in one_by_one if len(part)])
    rank = {name: i for column in ("level", "test_set") for i, name in enumerate(dict.fromkeys(table[column]))}
    keys = pd.DataFrame({name: table[name].map(rank) for name in ("level", "test_set")}).assign(entry=table["entry"])
    return table.loc[keys.sort_values(["level", "test_set", "entry"], kind="stable").index].reset_index(drop=True)


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _add(found: dict[str, list[pd.DataFrame]], made: Tables) -> None:
    for name, table in made.items():
        found.setdefault(name, []).append(table)
