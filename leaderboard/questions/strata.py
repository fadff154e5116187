"""Scores by age band, sex and domain, small cells suppressed, and the gap between the best and the worst stratum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.inference import BLOCK, Floats, SharedDraw, interval, reflected, shared_draw, summary
from leaderboard.measures import Metric, ece_debiased, headline, sensitivity
from leaderboard.records import Replicate, TaskResult, TestSet, test_sets

FEW_PATIENTS, FEW_OF_A_CLASS = 10, 5
SUPPRESSED, UNKNOWN = "suppressed", "unknown"
COLUMNS = [
    "task", "entry", "test_set", "by", "stratum", "metric", "class", "value", "low", "high", "n_patients", "note",
]  # fmt: skip
GAPS = ["task", "entry", "test_set", "by", "metric", "class", "best", "worst", "gap", "low", "high"]


@dataclass(frozen=True)
class _Score:
    """One column of scores: which classes must have enough patients, and which bounds its interval gets."""

    metric: str
    name: str
    needs: tuple[int, ...]
    higher_is_better: bool
    inflated: bool


@dataclass(frozen=True)
class _Cell:
    """One stratum: its patients, how many of each class, their reach, and every score on every resample."""

    stratum: str
    n: int
    reach: float
    counts: NDArray[np.int64]
    samples: Floats

    def shows(self, score: _Score) -> bool:
        return self.n >= FEW_PATIENTS and all(self.counts[k] >= FEW_OF_A_CLASS for k in score.needs)


def strata(task: TaskResult, *, resamples: int = 1000, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every complete entry in every stratum of ``age_band`` and ``sex`` (where known) and ``domain``.

    Scores are the headline, the sensitivity of each class (of two: of the positive one) and the debiased calibration
    error. Suppressed is every score of a stratum with fewer than 10 patients, whose number is not told either; the
    headline where some class has fewer than 5 patients; the sensitivity of a class with fewer than 5. The gap is
    between the best and the worst stratum that are shown, chosen by their estimates, on the same resamples: being
    chosen, it is somewhat too large.

    Returns:
        Tables with ``COLUMNS`` and ``GAPS``.
    """
    rows: list[tuple[object, ...]] = []
    gaps: list[tuple[object, ...]] = []
    labels = task.classes[::-1] if task.positive == 0 else task.classes
    scores = _scores(labels)
    sets = test_sets(task)
    for by, known in _known(task).items():
        drawn = _draw(task, known, resamples, seed)
        for test_set in sets:
            for entry, replicates in test_set.replicates.items():
                cells = _cells(test_set, replicates, known, drawn, labels)
                start = (task.name, entry, test_set.name, by)
                rows += [(*start, *row) for cell in cells for row in _rows(cell, scores)]
                gaps += [(*start, *row) for row in _gaps(cells, scores)]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"n_patients": "Int64"}), pd.DataFrame(gaps, columns=GAPS)


def _known(task: TaskResult) -> dict[str, Mapping[str, str]]:
    """Return attribute -> patient -> stratum; "unknown" where it is."""
    told = task.predictions.drop_duplicates("specimen")[["specimen", "patient", "domain"]]
    if task.specimens is not None:
        told = told.merge(task.specimens, on="specimen", how="left")
    found: dict[str, Mapping[str, str]] = {}
    for by in ("age_band", "sex", "domain"):
        if by in told:
            values = told[by].fillna("").astype(str).replace("", UNKNOWN)
            lowest = values.groupby(told["patient"]).min()
            found[by] = {str(patient): str(value) for patient, value in lowest.items()}
    return found


def _draw(task: TaskResult, known: Mapping[str, str], resamples: int, seed: int) -> SharedDraw:
    table = task.predictions.assign(stratum=task.predictions["patient"].map(known))
    return shared_draw([table], ["y", "domain", "role", "stratum"], resamples, seed)


def _scores(classes: tuple[str, ...]) -> tuple[_Score, ...]:
    metric = headline(len(classes))
    every = tuple(range(len(classes)))
    shown = every if len(classes) > 2 else (1,)
    return (
        _Score(metric.name, "", every, metric.higher_is_better, inflated=False),
        *(_Score("sensitivity", classes[k], (k,), higher_is_better=True, inflated=False) for k in shown),
        _Score("ece_debiased", "", (), higher_is_better=False, inflated=True),
    )


def _cells(
    test_set: TestSet,
    replicates: tuple[Replicate, ...],
    known: Mapping[str, str],
    drawn: SharedDraw,
    classes: tuple[str, ...],
) -> list[_Cell]:
    of = np.array([known[patient] for patient in test_set.patients.tolist()], dtype=str)
    weights = drawn.weights[np.searchsorted(drawn.patients, test_set.patients)]
    cells = []
    for stratum in sorted(set(of.tolist())):
        inside = of == stratum
        parts = [_within(replicate, inside) for replicate in replicates]
        owners = np.concatenate([part.patient for part in parts])
        labels = np.concatenate([part.y for part in parts])
        pairs = np.unique(np.stack([owners, labels]), axis=1)
        counts = np.bincount(pairs[1], minlength=len(classes))
        samples = _average([_score(part, weights, headline(len(classes))) for part in parts if len(part.y)])
        mine = np.unique(owners)
        cells.append(_Cell(stratum, len(mine), drawn.reach(test_set.patients[mine]), counts, samples))
    return cells


def _within(replicate: Replicate, inside: NDArray[np.bool_]) -> Replicate:
    rows = inside[replicate.patient]
    return Replicate(replicate.y[rows], replicate.proba[rows], replicate.patient[rows], replicate.fold[rows])


def _average(scores: list[Floats]) -> Floats:
    stacked = np.stack(scores)
    known = ~np.isnan(stacked)
    total = np.where(known, stacked, 0.0).sum(axis=0)
    return np.divide(total, known.sum(axis=0), out=np.full(total.shape, np.nan), where=known.any(axis=0))


def _score(replicate: Replicate, weights: NDArray[np.uint16], metric: Metric) -> Floats:
    """Return the scores of ``_scores`` on every resample, float64 (n_scores, 1 + B)."""
    step = max(1, BLOCK // max(1, len(replicate.y)))
    extra = {"fold": replicate.fold} if metric.within_fold else {}
    blocks = []
    for start in range(0, weights.shape[1], step):
        rows = weights[replicate.patient, start : start + step].astype(np.float64).T
        found = sensitivity(replicate.y, replicate.proba, rows)
        shown = found if found.shape[1] > 2 else found[:, 1:]
        first = metric.function(replicate.y, replicate.proba, rows, **extra)
        last = ece_debiased(replicate.y, replicate.proba, rows)
        blocks.append(np.vstack([first, shown.T, last]))
    return np.concatenate(blocks, axis=1)


def _rows(cell: _Cell, scores: tuple[_Score, ...]) -> list[tuple[object, ...]]:
    n = cell.n if cell.n >= FEW_PATIENTS else pd.NA
    rows: list[tuple[object, ...]] = []
    for score, samples in zip(scores, cell.samples, strict=True):
        shown = cell.shows(score)
        bounds = _bounds(samples, score, cell.reach) if shown else (np.nan, np.nan, np.nan)
        rows.append((cell.stratum, score.metric, score.name, *bounds, n, "" if shown else SUPPRESSED))
    return rows


def _bounds(samples: Floats, score: _Score, wide: float) -> tuple[float, float, float]:
    drawn = samples[None, 1:]
    low, high = reflected(samples[:1], drawn, wide) if score.inflated else interval(drawn, wide, (0, 1))
    return float(samples[0]), float(low[0]), float(high[0])


def _gaps(cells: list[_Cell], scores: tuple[_Score, ...]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for k, score in enumerate(scores):
        shown = [c for c in cells if c.shows(score) and c.stratum != UNKNOWN and not np.isnan(c.samples[k, 0])]
        if len(shown) < 2:
            continue
        sign = 1.0 if score.higher_is_better else -1.0
        ranked = sorted(shown, key=lambda cell: -sign * cell.samples[k, 0])
        gap = sign * (ranked[0].samples[k] - ranked[-1].samples[k])
        wide = max(ranked[0].reach, ranked[-1].reach)
        rows.append((score.metric, score.name, ranked[0].stratum, ranked[-1].stratum, *summary(gap, wide)))
    return rows
