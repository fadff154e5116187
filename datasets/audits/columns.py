"""Audit of clinical columns that are the label under another name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audits.finding import Finding
from datasets.audits.telling import FOLDS, independent_units
from datasets.cohort import Cohort
from datasets.splits import SplitPlan

SUSPECT, CERTAIN = 0.95, 0.98  # balanced accuracy; single routine tests stay below .9
_Rule = Callable[[NDArray, NDArray[np.bool_], NDArray], NDArray[np.bool_]]
_LEVELS = 10  # a number with at most so many values is looked at as a category too


def label_leak_column(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find columns of which one value, threshold or gap tells a class from the rest for patients held out."""
    units = independent_units(cohort)
    if cohort.clinical is None or units is None:
        return
    used = np.flatnonzero(units.of >= 0)
    part, y = units.part[units.of[used]], cohort.y[used]
    for name, column in cohort.clinical.iloc[used].items():
        yield from _leak(f"clinical[{name!r}]", column, cohort, y, part)
        gaps = pd.Series(np.where(column.isna(), "missing", "there"))
        yield from _leak(f"clinical[{name!r}] being missing", gaps, cohort, y, part)


def _leak(
    where: str, column: pd.Series, cohort: Cohort, y: NDArray[np.int64], part: NDArray[np.int64]
) -> Iterator[Finding]:
    known = column.notna().to_numpy()
    if column[known].nunique() < 2:
        return
    told = [(_held_out(column[known], y[known] == k, part[known]), k) for k in np.unique(y)]
    accuracy, k = max(told)
    if accuracy >= SUSPECT:
        verb = "is the label" if accuracy >= CERTAIN else "is nearly the label"
        yield Finding(
            "label-leak-column",
            False,
            where,
            f"{where} {verb}: alone it tells {cohort.classes[k]} from the rest with balanced accuracy {accuracy:.3f} "
            f"over {FOLDS} folds ({int(known.sum())} specimens).",
            "Drop the column unless it is known before the diagnosis.",
        )


def _held_out(column: pd.Series, positive: NDArray[np.bool_], part: NDArray[np.int64]) -> float:
    """Return the better balanced accuracy of a threshold and of levels, 0 where a fold lacks either side."""
    counts = np.stack([np.bincount(part[side], minlength=FOLDS) for side in (positive, ~positive)])
    if (counts == 0).any():
        return 0.0
    codes, levels = pd.factorize(column)
    scores = [_cross_validated(codes, positive, part, _by_level)] if _is_category(column, len(levels)) else []
    if pd.api.types.is_numeric_dtype(column.dtype):
        scores.append(_cross_validated(column.to_numpy(float), positive, part, _by_threshold))
    return max(scores)


def _is_category(column: pd.Series, levels: int) -> bool:
    return levels <= _LEVELS or not pd.api.types.is_numeric_dtype(column.dtype)


def _cross_validated(values: NDArray, positive: NDArray[np.bool_], part: NDArray[np.int64], rule: _Rule) -> float:
    told = np.empty(len(values), bool)
    for fold in range(FOLDS):
        test = part == fold
        told[test] = rule(values[~test], positive[~test], values[test])
    return float((told[positive].mean() + (~told[~positive]).mean()) / 2)


def _by_level(values: NDArray, positive: NDArray[np.bool_], new: NDArray) -> NDArray[np.bool_]:
    n = max(values.max(), new.max()) + 1
    share = np.bincount(values[positive], minlength=n) / positive.sum()
    rest = np.bincount(values[~positive], minlength=n) / (~positive).sum()
    return np.asarray((share > rest)[new])


def _by_threshold(values: NDArray, positive: NDArray[np.bool_], new: NDArray) -> NDArray[np.bool_]:
    order = np.argsort(values, kind="stable")
    value, sign = values[order], np.where(positive[order], 1 / positive.sum(), -1 / (~positive).sum())
    below = np.cumsum(sign)[:-1]  # Youden's index of "positive is low" when the cut is behind each value
    below[value[1:] == value[:-1]] = 0
    cut = int(np.abs(below).argmax())
    threshold = (value[cut] + value[cut + 1]) / 2
    return np.asarray(new <= threshold if below[cut] > 0 else new > threshold)
