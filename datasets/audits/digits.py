"""Numbers that carry the label inside: in a digit, in the remainder of a division, in their decimals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import log

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audits.disguise import Parting, by_set
from datasets.cohort import Cohort

_DIVISORS = range(2, 11)
_DECIMALS = 6  # places behind the point that are looked at
_LARGEST = 2**53  # up to which a number in a table is exact


def inner_partings(column: pd.Series, cohort: Cohort, rows: NDArray[np.int64]) -> Iterator[Parting]:
    """Yield the remainders and digits of a column (its values at ``rows``) that part classes without an error.

    Looked at are the remainders by 2 to 10 of the number itself and of the number without its last digits, sign left
    out and not, and the decimals where they have ten values at most. The chance is that of any of these looks.
    """
    numbers = _numbers(column)
    known = np.flatnonzero(np.isfinite(numbers))
    y, patient = cohort.y[rows][known], cohort.patient[rows][known]
    looks = dict(_looks(numbers[known])) if len(np.unique(y)) > 1 else {}
    for how, code in looks.items():
        for k in _parted(code, y):
            for parting in by_set(code, y == k, patient, cohort.classes[k]):
                chance = parting.log_chance + log(len(looks))
                yield replace(parting, how=f"{parting.how} in {how}", log_chance=chance, one_value=False)


def _numbers(column: pd.Series) -> NDArray[np.float64]:
    """Return the values as numbers; all NaN where one of them is text that is no number."""
    known = column.notna()
    numbers = pd.to_numeric(column.astype("object"), errors="coerce").to_numpy(float, na_value=np.nan)
    return numbers if np.isfinite(numbers[known]).all() else np.full(len(column), np.nan)


def _looks(numbers: NDArray[np.float64]) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield what is looked at, in words, and its code of each number."""
    if not len(numbers) or np.abs(numbers).max() >= _LARGEST:
        return
    places = _places(numbers)
    whole = np.rint(numbers * 10**places).astype(np.int64)
    signs = {"": whole, " without its sign": np.abs(whole)} if (whole < 0).any() else {"": whole}
    for sign, value in signs.items():
        for dropped in range(places + 2):
            part = value // 10**dropped
            unit = f"{10.0 ** (dropped - places):g}"
            for divisor in _DIVISORS:
                yield f"the remainder by {divisor} of the number{sign} counted in {unit}", part % divisor
        code = np.unique(value % 10**places, return_inverse=True)[1]
        if places and code.max() < max(_DIVISORS):
            yield f"the decimals of the number{sign}", code


def _places(numbers: NDArray[np.float64]) -> int:
    """Return how many decimals the numbers are written with, as far as they can be told."""
    most = max(n for n in range(_DECIMALS + 1) if n == 0 or np.abs(numbers).max() * 10**n < _LARGEST)
    scaled = ((n, numbers * 10**n) for n in range(most))
    return next((n for n, x in scaled if (np.abs(x - np.rint(x)) <= 1e-6 * np.maximum(1, np.abs(x))).all()), most)


def _parted(code: NDArray[np.int64], y: NDArray[np.int64]) -> Iterator[int]:
    """Yield the classes of which no code is another class's."""
    seen = np.zeros((code.max() + 1, y.max() + 1), bool)
    seen[code, y] = True
    shared = seen & (seen.sum(axis=1, keepdims=True) > 1)
    yield from np.flatnonzero(seen.any(axis=0) & ~shared.any(axis=0) & ~seen.all(axis=0)).tolist()
