"""Where a task leaves the same model of several entries, one of them runs; the others are the same as it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from benchmark.planning.planned import PlannedTrial

Place = tuple[str, str]  # task, entry


def one_row_a_model(trials: Sequence[PlannedTrial], known: Collection[Place] = ()) -> tuple[PlannedTrial, ...]:
    """Return the trials with ``same_as`` set, and those that the chosen entries lack so that each runs for all.

    Of each model the entry is chosen whose recipe lacks least, of these one that ran for it before, else the first.

    Args:
        trials: Of one plan.
        known: Task and entry of trials that an earlier plan ran.
    """
    chosen = {model: _chosen(alike, known) for model, alike in _groups(trials).items()}
    told = tuple(replace(trial, same_as=_other(trial, chosen)) for trial in trials)
    return (*told, *_lacking(told, chosen))


def ran(trials: Iterable[PlannedTrial]) -> frozenset[Place]:
    """Return task and entry of trials that run."""
    return frozenset((trial.identity.task, trial.identity.entry) for trial in trials if not trial.same_as)


def _groups(trials: Iterable[PlannedTrial]) -> dict[Place, list[PlannedTrial]]:
    """Return the trials of each task and model."""
    found: dict[Place, list[PlannedTrial]] = {}
    for trial in trials:
        if trial.model:
            found.setdefault((trial.identity.task, trial.model), []).append(trial)
    return found


def _chosen(alike: Sequence[PlannedTrial], known: Collection[Place]) -> PlannedTrial:
    return min(alike, key=lambda t: (t.lacking, (t.identity.task, t.identity.entry) not in known))


def _other(trial: PlannedTrial, chosen: dict[Place, PlannedTrial]) -> str:
    first = chosen.get((trial.identity.task, trial.model), trial).identity.entry
    return "" if first == trial.identity.entry else first


def _lacking(trials: Sequence[PlannedTrial], chosen: dict[Place, PlannedTrial]) -> list[PlannedTrial]:
    """Return the seeds and folds that are asked of an entry, but not of the one that runs in its place."""
    there = {trial.identity for trial in trials}
    found: dict[object, PlannedTrial] = {}
    for trial in trials:
        if trial.same_as:
            cell = replace(trial.identity, entry=trial.same_as)
            first = chosen[cell.task, trial.model]
            if cell not in there:
                found[cell] = replace(
                    first, identity=cell, parts={**first.parts, "seed": cell.seed, "fold": cell.fold}, same_as=""
                )
    return list(found.values())
