"""How well a few numbers that ought to mean nothing tell the class: a cross-validated effect and a permutation test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cohort import Cohort

LEVEL = 0.005  # of the permutation test; some eight rules look at a cohort
FLOOR = 0.01  # share of the way from chance to certainty that must show for patients who were held out
FOLDS = 5
_PERMUTATIONS = 999
_MOST = 2_000  # units that are looked at; more make the answer slower, not clearer


@dataclass(frozen=True, eq=False)
class Units:
    """Hold the independent units of a test: each class of each patient once.

    Attributes:
        y: int64 (u,), class, renumbered; classes with fewer than five patients are left out.
        part: int64 (u,), cross-validation part; a patient is in one.
        of: int64 (n,), unit of each specimen, -1 for those left out.
        n_classes: Number of classes that are left.
    """

    y: NDArray[np.int64]
    part: NDArray[np.int64]
    of: NDArray[np.int64]
    n_classes: int

    def mean(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean over each unit's specimens of values (n, d), float64 (u, d)."""
        used = self.of >= 0
        total = np.zeros((len(self.y), values.shape[1]))
        np.add.at(total, self.of[used], values[used])
        return total / np.bincount(self.of[used], minlength=len(self.y))[:, None]


@dataclass(frozen=True)
class Telling:
    """Say how well numbers tell the class.

    Attributes:
        accuracy: Balanced accuracy over patients that were held out.
        chance: Balanced accuracy of a guess.
        p: Share of permutations of the labels that fit as well, times the number of looks; 1 where the effect is below
            ``FLOOR``.
        units: Number of patients (or of patient-class pairs) it was measured on.
    """

    accuracy: float
    chance: float
    p: float
    units: int

    @property
    def tells(self) -> bool:
        return self.p <= LEVEL

    @property
    def determines(self) -> bool:
        return self.tells and self.accuracy >= 0.9995

    def __str__(self) -> str:
        return f"balanced accuracy {self.accuracy:.2f} (chance {self.chance:.2f}, p {self.p:.3f}, n {self.units})"


def independent_units(cohort: Cohort) -> Units | None:
    """Return the units of a cohort, or None where fewer than two classes have five patients."""
    pair, of = np.unique(np.stack([pd.factorize(cohort.patient)[0], cohort.y]), axis=1, return_inverse=True)
    kept = np.flatnonzero(np.bincount(pair[1]) >= FOLDS)
    if len(kept) < 2:
        return None
    rng = np.random.default_rng(0)
    chosen = np.flatnonzero(np.isin(pair[1], kept))
    chosen = np.sort(rng.permutation(chosen)[:_MOST])
    place = np.full(pair.shape[1], -1)
    place[chosen] = np.arange(len(chosen))
    y = np.searchsorted(kept, pair[1, chosen]).astype(np.int64)
    return Units(y, _parts(pair[0, chosen], y, rng), place[of.ravel()], len(kept))


def _parts(patient: NDArray[np.int64], y: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Deal patients to parts, every class evenly; a patient of two classes is dealt by the first."""
    who, first, back = np.unique(patient, return_index=True, return_inverse=True)
    part = np.empty(len(who), np.int64)
    part[np.lexsort((rng.permutation(len(who)), y[first]))] = np.arange(len(who)) % FOLDS
    return part[back]


def telling(design: NDArray[np.float64], units: Units, looks: int = 1) -> Telling:
    """Measure how well a linear classifier on ``design`` (u, d), finite, tells the class of held-out patients.

    The classifier is ridge regression on class indicators divided by the class's share; on indicators of levels or
    bins it is the most likely class of each level. Labels are permuted between units; what is compared is the
    variance of the indicators that the design explains (Pillai's trace), which needs no cross-validation.

    Args:
        design: float64 (u, d), finite; constant columns do not count.
        units: The units, in the order of ``design``.
        looks: Number of designs that are tried; p is multiplied by it (Bonferroni).
    """
    scaled = _standardised(design)
    target = np.eye(units.n_classes)[units.y]
    accuracy = _held_out(scaled, target, units)
    chance = 1 / units.n_classes
    if not scaled.shape[1] or (accuracy - chance) / (1 - chance) < FLOOR:
        return Telling(accuracy, chance, 1.0, len(units.y))
    return Telling(accuracy, chance, min(1.0, looks * _permutation_p(scaled, target)), len(units.y))


def _standardised(design: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = design - design.mean(axis=0)
    spread = centred.std(axis=0)
    varies = spread > 1e-9 * (1 + np.abs(design).max(axis=0))
    return np.asarray(centred[:, varies] / spread[varies])


def _held_out(scaled: NDArray[np.float64], target: NDArray[np.float64], units: Units) -> float:
    told = np.empty(len(units.y), np.int64)
    inputs = np.column_stack([np.ones(len(scaled)), scaled])
    for part in range(FOLDS):
        test = units.part == part
        x, t = inputs[~test], target[~test]
        weights = np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ t)
        told[test] = (inputs[test] @ weights / np.maximum(t.mean(axis=0), 1e-9)).argmax(axis=1)
    return float(np.mean([(told[units.y == k] == k).mean() for k in range(units.n_classes)]))


def _permutation_p(scaled: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    rng = np.random.default_rng(0)
    axes, size, _ = np.linalg.svd(scaled, full_matrices=False)
    axes = axes[:, size > 1e-8 * size[0]]
    share = target.mean(axis=0)

    def explained(t: NDArray[np.float64]) -> float:
        return float((((axes.T @ t) ** 2).sum(axis=0) / share).sum())

    seen = explained(target)
    by_chance = sum(explained(target[rng.permutation(len(target))]) >= seen - 1e-9 for _ in range(_PERMUTATIONS))
    return (1 + by_chance) / (1 + _PERMUTATIONS)
