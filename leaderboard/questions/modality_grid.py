"""What is lost without a modality: the same models, the same specimens, other modalities taken away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from leaderboard.inference import Floats, SharedDraw, shared_draw, summary
from leaderboard.measures import Metric, headline
from leaderboard.records import TaskResult, TestSet, hole_notes, test_sets

COLUMNS = [
    "task", "entry", "test_set", "modalities", "metric", "value", "low", "high", "drop", "drop_low", "drop_high",
    "oracle", "n_patients", "n_specimens", "note",
]  # fmt: skip


def subsets(task: TaskResult) -> tuple[str, ...]:
    """Return the subsets that were predicted, all modalities first, then by falling size."""
    if task.modality_predictions is None:
        return ()
    names = task.modality_predictions["modalities"].astype(str).unique()
    return tuple(sorted(names, key=lambda name: (-name.count("+"), name)))


def modality_grid(task: TaskResult, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Score every entry with every subset of modalities, and what each subset loses against all of them.

    ``drop`` is the score with all modalities minus that with the subset, on the same resamples of patients: positive
    means that the rest was missed. ``oracle`` is the Bayes posterior's score with the subset, where ``task.specimens``
    has it.

    Returns:
        Long table with ``COLUMNS``; NaN and a note where an entry raised without a modality, or has a hole. Empty for a
        task that was not run with ``modality_grid``.
    """
    names = subsets(task)
    table = task.modality_predictions
    if table is None or not names:
        return pd.DataFrame(columns=COLUMNS)
    metric = headline(len(task.classes))
    drawn = shared_draw([task.predictions], ["y", "domain", "role"], resamples, seed)
    views = {name: _view(task, table, name) for name in names}
    sets = {name: {s.name: s for s in test_sets(view)} for name, view in views.items()}
    rows = []
    for every in test_sets(task):
        parts = {name: sets[name].get(every.name) for name in names}
        for entry in task.entries:
            rows += _entry(task, entry, every, parts, drawn, metric)
    return pd.DataFrame(rows, columns=COLUMNS)


def _view(task: TaskResult, table: pd.DataFrame, modalities: str) -> TaskResult:
    """Return the task as if predicted with ``modalities`` only; entries that lack a part of that are left out."""
    mine = table[table["modalities"] == modalities]
    wanted = task.predictions.groupby("entry").size()
    given = mine.groupby("entry").size()
    whole = [entry for entry in given.index if given[entry] == wanted.get(entry, 0)]
    kept = mine[mine["entry"].isin(whole)].drop(columns="modalities").reset_index(drop=True)
    return replace(task, predictions=kept)


def _entry(
    task: TaskResult,
    entry: str,
    every: TestSet,
    parts: Mapping[str, TestSet | None],
    drawn: SharedDraw,
    metric: Metric,
) -> list[tuple[object, ...]]:
    scores: dict[str, Floats] = {}
    for name, part in parts.items():
        if part is not None and entry in part.replicates:
            scores[name] = drawn.scores(part, part.replicates[entry], metric)
    first = next(iter(parts))
    nothing, wide = np.full(drawn.weights.shape[1], np.nan), drawn.reach(every.patients)
    rows: list[tuple[object, ...]] = []
    for name in parts:
        samples = scores.get(name, nothing)
        drop = scores.get(first, nothing) - samples
        note = "" if name in scores else _why(task, entry, name)
        sizes = (len(every.patients), every.n_specimens, note)
        row = (
            task.name,
            entry,
            every.name,
            name,
            metric.name,
            *summary(samples, wide, metric.bounds),
            *summary(drop, wide),
        )
        rows.append((*row, _oracle(task, every, name, first, metric), *sizes))
    return rows


def _why(task: TaskResult, entry: str, modalities: str) -> str:
    holes = hole_notes(task)
    if entry in holes:
        return holes[entry]
    mine = task.trials[task.trials["entry"] == entry]
    told: list[str] = mine["modality_holes"].tolist() if "modality_holes" in mine else []
    named = [found[modalities] for found in map(json.loads, told) if modalities in found]
    return f"hole: {named[0]}" if named else "hole: not predicted with these modalities"


def _oracle(task: TaskResult, test_set: TestSet, modalities: str, every: str, metric: Metric) -> float:
    """Return the score of the Bayes posterior, called by how far it exceeds the share of each class."""
    prefix = "" if modalities == every else f"{modalities}."
    columns = [f"{prefix}q{k}" for k in range(len(task.classes))]
    if task.specimens is None or not set(columns) <= set(task.specimens) or task.positive == 0:
        return float("nan")
    told = task.predictions.drop_duplicates("specimen").merge(task.specimens[["specimen", *columns]], on="specimen")
    told = told[told["patient"].isin(test_set.patients)].groupby(["patient", "y"])[columns].mean().reset_index()
    y = told["y"].to_numpy(dtype=np.int64)
    share = np.maximum(np.bincount(y, minlength=len(columns)), 1) / len(y)
    proba = told[columns].to_numpy(dtype=np.float64) / share
    proba /= proba.sum(axis=1, keepdims=True)
    extra = {"fold": np.zeros(len(y), np.int64)} if metric.within_fold else {}
    return float(metric.function(y, proba, np.ones((1, len(y))), **extra)[0])
