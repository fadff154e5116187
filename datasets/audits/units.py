"""Audit of numbers that were entered in another unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audits.finding import Finding, listed
from datasets.cohort import Cohort
from datasets.splits import SplitPlan

# Decimal prefixes; g/L and mg/dL; mmol/L and mg/dL of glucose.
FACTORS = (10, 18, 100, 1000)
_FEWEST = 20  # values a column needs before its usual range is known
_GAP = 1 / 3  # of the factor, on a log scale: no value lies between the two units
_RANGE = 3.0  # robust standard deviations around the median within which a converted value must fall
_FAR = 4.0  # robust standard deviations that part a slip from the bulk
_NARROW = 5.0  # the factor must be so many of them, else the column's own tail reaches there


class _Slip(NamedTuple):
    odd: NDArray[np.bool_]
    factor: int
    times: bool


def unit_slips(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find numeric columns of which some values fit the others after a division or product by 10, 18, 100 or 1000."""
    table = cohort.clinical if cohort.clinical is not None else pd.DataFrame(index=range(len(cohort)))
    for name in table.select_dtypes("number").columns:
        values = table[name].to_numpy(float, na_value=np.nan)
        positive = np.flatnonzero(values > 0)
        for slip in _slips(np.log10(values[positive])):
            ids = cohort.specimen[positive[slip.odd]]
            verb = "times" if slip.times else "divided by"
            shown = ", ".join(f"{v:g}" for v in values[positive[slip.odd]][:3])
            yield Finding(
                "unit-slips",
                False,
                f"clinical[{name!r}]",
                f"{len(ids)} of {len(positive)} values ({shown}) fit the others only when {verb} {slip.factor}: "
                f"{listed(ids)}.",
                f"Look the values up; the column is in {cohort.units[str(name)] or 'pure numbers'}.",
                tuple(ids.tolist()),
            )


def _slips(logs: NDArray[np.float64]) -> list[_Slip]:
    """Return the low and the high group of values that a gap parts from the bulk and a factor brings back."""
    if len(logs) < _FEWEST:
        return []
    ordered = np.sort(logs)
    gaps = np.flatnonzero(np.diff(ordered) > _GAP)
    found = []
    for cut in (ordered[gaps] + ordered[gaps + 1]) / 2:
        above = logs > cut
        odd = above if above.sum() * 2 <= len(logs) else ~above
        factor = _factor(logs[odd], logs[~odd]) if _is_far(10 ** logs[odd], 10 ** logs[~odd]) else 0
        if factor:
            found.append(_Slip(odd, factor, times=bool(odd is not above)))
    return found[:1] + found[-1:] if len(found) > 1 else found


def _is_far(odd: NDArray[np.float64], bulk: NDArray[np.float64]) -> bool:
    """Return whether values lie outside the bulk without logarithms too, where an age of one is near one of forty."""
    centre = np.median(bulk)
    return bool((np.abs(odd - centre) >= _FAR * 1.4826 * np.median(np.abs(bulk - centre))).all())


def _factor(odd: NDArray[np.float64], bulk: NDArray[np.float64]) -> int:
    centre = np.median(bulk)
    spread = max(1.4826 * float(np.median(np.abs(bulk - centre))), 0.005)
    away = np.abs(odd - centre)
    gap = max(bulk.min() - odd.max(), odd.min() - bulk.max())
    fits = [
        f
        for f in FACTORS
        if np.log10(f) >= _NARROW * spread
        and gap >= _GAP * np.log10(f)
        and (np.abs(away - np.log10(f)) <= _RANGE * spread).all()
    ]
    return min(fits, key=lambda f: abs(float(np.median(away)) - np.log10(f)), default=0)
