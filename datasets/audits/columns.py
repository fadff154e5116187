"""Audit of clinical columns that are the label under another name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from math import exp

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audits.digits import inner_partings
from datasets.audits.disguise import partings
from datasets.audits.finding import Finding
from datasets.audits.telling import FOLDS, Units, independent_units
from datasets.cohort import Cohort
from datasets.splits import SplitPlan

SUSPECT, CERTAIN = 0.95, 0.98  # balanced accuracy; single routine tests stay below .9
_Rule = Callable[[NDArray, NDArray[np.bool_], NDArray], NDArray[np.bool_]]
_LEVELS = 10  # a number with at most so many values is looked at as a category too


def label_leak_column(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find columns that are the label, and columns of which a value, threshold or gap tells a class held out.

    A column that makes no error blocks; see ``datasets.audits.disguise``, and ``datasets.audits.digits`` for columns
    of which only a digit or a remainder makes none.
    """
    if cohort.clinical is None:
        return
    rows = np.flatnonzero(cohort.has("clinical"))
    looks = max(1, cohort.clinical.shape[1]) * (1 if cohort.n_classes == 2 else cohort.n_classes + 1)
    units = independent_units(cohort)
    for name, column in cohort.clinical.items():
        where = f"clinical[{name!r}]"
        is_label = list(_is_label(where, column.iloc[rows], cohort, rows, looks))
        yield from is_label or _is_nearly(where, column, cohort, units)
        gaps = pd.Series(np.where(column.isna(), "missing", "there"))
        yield from () if is_label else _is_nearly(f"{where} being missing", gaps, cohort, units)


def _is_label(where: str, column: pd.Series, cohort: Cohort, rows: NDArray[np.int64], looks: int) -> Iterator[Finding]:
    gaps = pd.Series(np.where(column.isna(), "missing", "there"))
    for place, values in ((where, column), (f"{where} being missing", gaps)):
        ways = chain(partings(values, cohort, rows), inner_partings(values, cohort, rows))
        found = [p for p in ways if p.is_label(looks)]
        if found:
            best = min(found, key=lambda p: p.log_chance)
            chance = max(exp(best.log_chance), 1e-99) * looks
            yield Finding(
                "label-leak-column",
                True,
                place,
                f"is the label under another name: it {best.how}, without an error in {best.patients} "
                f"patients (probability by chance in any of the columns {chance:.0e}).",
                "Drop the column; one that is measured before the diagnosis and parts patients so well may be allowed.",
            )
            return


def _is_nearly(where: str, column: pd.Series, cohort: Cohort, units: Units | None) -> Iterator[Finding]:
    if units is None:
        return
    used = np.flatnonzero((units.of >= 0) & column.notna().to_numpy())
    column, y, part = column.iloc[used], cohort.y[used], units.part[units.of[used]]
    if column.nunique() < 2:
        return
    accuracy, k = max((_held_out(column, y == k, part), k) for k in np.unique(y))
    if accuracy >= SUSPECT:
        verb = "is the label" if accuracy >= CERTAIN else "is nearly the label"
        yield Finding(
            "label-leak-column",
            False,
            where,
            f"{verb}: alone it tells {cohort.classes[k]} from the rest with balanced accuracy {accuracy:.3f} "
            f"over {FOLDS} folds ({len(used)} specimens).",
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
