"""Values that are the label in disguise: what parts the classes without one error, and how likely chance does that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import lgamma, log

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audits.finding import Finding, counted, listed
from datasets.cohort import Cohort
from datasets.splits import SplitPlan

ENOUGH = 30  # patients in whom a cut, or a set of values, that makes no error is called the label
LEVEL = 0.01  # of chance, over all columns that are looked at
_MOST_LEVELS = 10  # a number with at most so many values is looked at as a category too


@dataclass(frozen=True)
class Parting:
    """Say how a column parts classes without an error.

    Attributes:
        how: The rule, to follow the column's name in a sentence.
        log_chance: Logarithm of the probability that such a rule makes no error when the label is drawn by lot.
        one_value: Whether a class is one value, not a set or an interval of them.
        patients: Number of patients with a value.
    """

    how: str
    log_chance: float
    one_value: bool
    patients: int

    def is_label(self, looks: int) -> bool:
        """Return whether this is no accident in ``looks`` columns and enough patients show it."""
        return (self.one_value or self.patients >= ENOUGH) and self.log_chance + log(looks) <= log(LEVEL)


def label_leak_gene(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find genes that have one value in each class; measured expression varies within a class."""
    rows = np.flatnonzero(cohort.has("genes"))
    present = np.unique(cohort.y[rows])
    if cohort.genes is None or not cohort.genes.shape[1] or len(present) < 2:
        return
    ends = [(part.min(axis=0), part.max(axis=0)) for part in (cohort.genes[rows[cohort.y[rows] == k]] for k in present)]
    low, high = (np.stack(side) for side in zip(*ends, strict=True))
    leaks = np.flatnonzero((low == high).all(axis=0) & (low != low[0]).any(axis=0))
    sure = [j for j in leaks if _chance_of_codes(low[:, j], cohort, rows, present) + log(low.shape[1]) <= log(LEVEL)]
    if sure:
        told = ", ".join(f"{cohort.classes[k]}: {value:g}" for k, value in zip(present, low[:, sure[0]], strict=True))
        yield Finding(
            "label-leak-gene",
            True,
            "genes",
            f"{counted(len(sure), 'gene')} with one value a class, the label under another name: "
            f"{listed(cohort.gene_names[j] for j in sure)} ({told}).",
            "Drop what was written into the table; no gene is expressed alike in all patients of a class.",
        )


def _chance_of_codes(value: NDArray, cohort: Cohort, rows: NDArray[np.int64], present: NDArray[np.int64]) -> float:
    group = np.unique(value, return_inverse=True)[1][np.searchsorted(present, cohort.y[rows])]
    sizes = _sizes(group, cohort.patient[rows])
    return lgamma(len(sizes) + 1) - _log_ways(sizes)


def partings(column: pd.Series, cohort: Cohort, rows: NDArray[np.int64]) -> Iterator[Parting]:
    """Yield the ways in which a column (its values at ``rows`` of a cohort) parts classes without an error.

    Either every class has one value of its own (letter case and blanks do not count, missing is a value), or a set or
    an interval of values holds all patients of a class and nobody else. The rules for text hold for numbers of few
    values too.
    """
    y, patient = cohort.y[rows], cohort.patient[rows]
    code, levels = pd.factorize(canonical(column), use_na_sentinel=False)
    classes, y = np.unique(y, return_inverse=True)
    whole = _one_value_a_class(code, y, patient)
    if whole is not None:
        yield whole
        return
    known = column.notna().to_numpy()
    is_number = pd.api.types.is_numeric_dtype(column.dtype)
    numbers = column.to_numpy(float) if is_number else None
    for k in range(len(classes)):
        name = cohort.classes[classes[k]]
        if len(levels) <= _MOST_LEVELS or not is_number:
            yield from by_set(code, y == k, patient, name)
        if numbers is not None:
            yield from _by_interval(numbers[known], (y == k)[known], patient[known], name)


def canonical(column: pd.Series) -> pd.Series:
    """Return values as text without letter case, outer blanks and decimals of whole numbers; missing stays missing."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.astype("Float64")
    text = column.astype("object").astype("string").str.normalize("NFKC").str.strip().str.casefold()
    return text.mask(text == "")


def _one_value_a_class(code: NDArray, y: NDArray, patient: NDArray[np.str_]) -> Parting | None:
    pairs = np.unique(np.stack([code, y]), axis=1)
    n = y.max() + 1
    if n < 2 or pairs.shape[1] != n or len(np.unique(pairs[0])) != n:
        return None
    sizes = _sizes(y, patient)
    return Parting("has one value a class", lgamma(n + 1) - _log_ways(sizes), True, len(np.unique(patient)))


def by_set(code: NDArray, inside: NDArray[np.bool_], patient: NDArray[np.str_], name: str) -> Iterator[Parting]:
    """Yield the parting of a class whose codes nobody else has, if it is one."""
    mine, others = np.unique(code[inside]), np.unique(code[~inside])
    if not len(mine) or not len(others) or np.intersect1d(mine, others).size:
        return
    one_value = len(mine) == len(others) == 1
    ways = (len(mine) + len(others)) * log(2)
    how = f"has one value for {name}, one for all others" if one_value else f"has values of its own for {name}"
    yield Parting(how, ways - _log_ways(_sizes(inside, patient)), one_value, len(np.unique(patient)))


def _by_interval(
    value: NDArray[np.float64], inside: NDArray[np.bool_], patient: NDArray[np.str_], name: str
) -> Iterator[Parting]:
    mine, others = value[inside], value[~inside]
    if not len(mine) or not len(others) or ((others >= mine.min()) & (others <= mine.max())).any():
        return
    sizes = _sizes(inside, patient)
    how = f"is {mine.min():g} to {mine.max():g} in {name} and in nobody else"
    yield Parting(how, log(sizes[0] + 1) - _log_ways(sizes), False, len(np.unique(patient)))


def _sizes(group: NDArray, patient: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return the number of patients of each group; one who is of two counts in both."""
    return np.asarray(pd.Series(patient).groupby(group.astype(int)).nunique().to_numpy(), np.int64)


def _log_ways(sizes: NDArray[np.int64]) -> float:
    """Return the logarithm of how many ways there are to deal patients to groups of these sizes."""
    return lgamma(sizes.sum() + 1) - sum(lgamma(size + 1) for size in sizes)
