"""Site-to-site transfer: every domain learnt from alone against every domain tested on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from leaderboard.inference import Floats, SharedDraw, part, shared_draw, summary
from leaderboard.measures import Metric, headline
from leaderboard.records import WORST, TaskResult, TestSet, hole_notes, test_sets

CELLS = ["task", "entry", "metric", "train", "test", "value", "low", "high", "n_patients", "n_specimens", "note"]
SUMMARIES = ["task", "entry", "metric", "score", "value", "low", "high", "note"]
UNDEFINED = "undefined"

Cells = Mapping[tuple[str, str], Floats]  # (train, test) -> scores (1 + B,); NaN where undefined


def domains(task: TaskResult) -> tuple[str, ...]:
    """Return every domain that is learnt from or tested on."""
    return tuple(sorted({*task.fold_names.values(), *task.predictions["domain"].astype(str)}))


def matrix(
    task: TaskResult, *, metric: Metric | None = None, resamples: int = 1000, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every entry in every cell (domain learnt from, domain tested on), and say what the cells come to.

    On the diagonal are the held-out patients of the domain learnt from. A cell is undefined (NaN, never 0) where
    nothing could be learnt, where there are no two classes to tell apart, or where the entry's trial is a hole; the
    note says which. Models of different seeds are averaged, models of different domains never. One draw of patients
    serves all cells, so what is made of them is paired:

    - "in-domain": mean of the diagonal; "mean shifted": of the other cells, each domain learnt from counting once;
    - "gap": in-domain minus mean shifted, over the domains learnt from that have both;
    - "worst domain": worst of the cells off the diagonal, also within each resample; the note names it.

    Where cells hold different classes the chance level of a class average differs between them, so there may be a gap
    without any loss: the notes say so, and the row of ``prior`` shows how much of it that is.

    Args:
        task: Checked task with ``fold_names``.
        metric: By default the headline.
        resamples: B.
        seed: Of the draw.

    Returns:
        Long tables with ``CELLS`` and ``SUMMARIES``; in the second an entry with a hole has NaN.

    Raises:
        ValueError: If the task does not learn from one domain at a time.
    """
    chosen = metric or headline(len(task.classes))
    holes, caveat = hole_notes(task), _caveat(task)
    rows: list[tuple[object, ...]] = []
    told: list[tuple[object, ...]] = []
    if not task.fold_names:
        raise ValueError(f"task {task.name!r} has no fold_names: it does not learn from one domain at a time")
    drawn = shared_draw([task.predictions], ["y", "domain", "role"], resamples, seed)
    wide = _reaches(task, drawn)
    for entry, (cells, facts) in _scored(task, chosen, drawn).items():
        start = (task.name, entry, chosen.name)
        rows += [
            (*start, *cell, *summary(cells[cell], wide[cell], chosen.bounds), *fact)
            for cell, fact in zip(cells, facts, strict=True)
        ]
        away = [wide[c] for c, samples in cells.items() if c[0] != c[1] and not np.isnan(samples[0])]
        for score, samples, note in _summaries(cells, chosen, hole=entry in holes):
            # a mean over cells is one of all their patients, the worst of them one of the few of a cell
            reach = max(away) if score == WORST and away else drawn.reach(drawn.patients)
            limits = (-np.inf, np.inf) if score == "gap" else chosen.bounds
            told.append((*start, score, *summary(samples, reach, limits), holes.get(entry, note + caveat)))
    return pd.DataFrame(rows, columns=CELLS), pd.DataFrame(told, columns=SUMMARIES)


def _caveat(task: TaskResult) -> str:
    told = task.predictions[["fold", "role", "y"]].drop_duplicates()
    present = {frozenset(cell["y"]) for _, cell in told.groupby(["fold", "role"])}
    return "; cells hold different classes, so chance differs: compare with prior" if len(present) > 1 else ""


def _scored(
    task: TaskResult, metric: Metric, drawn: SharedDraw
) -> dict[str, tuple[dict[tuple[str, str], Floats], list[tuple[int, int, str]]]]:
    """Return entry -> (cells, patients and specimens and note of each)."""
    nothing = np.full(drawn.weights.shape[1], np.nan)
    found: dict[str, tuple[dict[tuple[str, str], Floats], list[tuple[int, int, str]]]] = {
        entry: ({}, []) for entry in task.entries
    }
    fold_of = {name: fold for fold, name in task.fold_names.items()}
    for train in domains(task):
        for test in domains(task):
            row = _cell(task, fold_of.get(train), train, test)
            holes = hole_notes(row) if row else {}
            for entry, (cells, told) in found.items():
                samples, facts = _entry(row, entry, drawn, metric, holes)
                cells[train, test] = nothing if samples is None else samples
                told.append(facts)
    return found


def _reaches(task: TaskResult, drawn: SharedDraw) -> dict[tuple[str, str], float]:
    """Return cell -> reach of the patients in it."""
    learnt = task.predictions["fold"].map(task.fold_names)
    found = {}
    for train in domains(task):
        for test in domains(task):
            role = "test" if train == test else f"test:{test}"
            mine = task.predictions.loc[(learnt == train) & (task.predictions["role"] == role), "patient"]
            found[train, test] = drawn.reach(mine.unique().astype(str))
    return found


def _cell(task: TaskResult, fold: int | None, train: str, test: str) -> TaskResult | None:
    if fold is None:
        return None
    role = "test" if train == test else f"test:{test}"
    rows = (task.predictions["fold"] == fold) & (task.predictions["role"] == role)
    return part(task, rows.to_numpy(), (task.trials["fold"] == fold).to_numpy())


def _entry(
    row: TaskResult | None, entry: str, drawn: SharedDraw, metric: Metric, holes: Mapping[str, str]
) -> tuple[Floats | None, tuple[int, int, str]]:
    """Return scores of one entry in one cell, None where undefined, and what the cell says."""
    if row is None:
        return None, (0, 0, f"{UNDEFINED}: too few patients of two classes to learn from")
    sets = test_sets(row)
    if not sets:
        return None, (0, 0, holes.get(entry, f"{UNDEFINED}: no patient to test"))
    first: TestSet = sets[0]
    sizes = (len(first.patients), first.n_specimens)
    if entry in holes:
        return None, (*sizes, holes[entry])
    if row.predictions["y"].nunique() < 2:
        return None, (*sizes, f"{UNDEFINED}: one class only")
    return drawn.scores(first, first.replicates[entry], metric), (*sizes, "; ".join(first.notes))


def _summaries(cells: Cells, metric: Metric, *, hole: bool) -> list[tuple[str, Floats, str]]:
    names = sorted({train for train, _ in cells})
    known = {cell: s for cell, s in cells.items() if not np.isnan(s[0])}
    away = {a: [known[a, b] for b in names if a != b and (a, b) in known] for a in names}
    own = {a: known[a, a] for a in names if (a, a) in known}
    shifted = {a: np.mean(scores, axis=0) for a, scores in away.items() if scores}
    both = [own[a] - shifted[a] for a in names if a in own and a in shifted]
    worst, where = _worst({c: s for c, s in known.items() if c[0] != c[1]}, metric)
    nothing = np.full(len(next(iter(cells.values()))), np.nan)
    means = {"in-domain": list(own.values()), "mean shifted": list(shifted.values()), "gap": both}
    rows = [(name, np.mean(s, axis=0) if s and not hole else nothing, _over(s)) for name, s in means.items()]
    return [*rows, (WORST, nothing if worst is None or hole else worst, where)]


def _over(scores: list[Floats]) -> str:
    return f"over {len(scores)} domains learnt from" if scores else f"{UNDEFINED}: no cell can be evaluated"


def _worst(known: Cells, metric: Metric) -> tuple[Floats | None, str]:
    if not known:
        return None, f"{UNDEFINED}: no cell can be evaluated"
    stacked = np.stack(list(known.values()))
    lowest = stacked.min(axis=0) if metric.higher_is_better else stacked.max(axis=0)
    first = stacked[:, 0].argmin() if metric.higher_is_better else stacked[:, 0].argmax()
    train, test = list(known)[first]
    return lowest, f"worst is {train} -> {test}"
