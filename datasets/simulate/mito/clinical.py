"""Routine values, mitochondrial variants and driver flags of the six diseases, given class and age group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, ndtr, pdtr, xlogy

from datasets.simulate.mito import tables as tables
from datasets.simulate.mito.patients import MitoPatients
from datasets.simulate.shared import (
    SITES,
    Bernoulli,
    Family,
    LogNormal,
    Normal,
    Percentage,
    Stream,
    patient_uniforms,
    scaled,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
UNITS = {
    "age": "years",
    "wbc": "10^9/L",
    "hb": "g/L",
    "platelets": "10^9/L",
    "ldh": "U/L",
    "mcv": "fL",
    "calcium": "mmol/L",
    "creatinine": "umol/L",
    "globulin": "g/L",
    "mtdna_variants": "",
    **dict.fromkeys(tables.FLAGS, ""),
    "blasts": "%",
    "lymphocytes": "%",
}
DEFINITIONAL = ("blasts", "lymphocytes")
_MOST_VARIANTS = 20


@dataclass(frozen=True)
class AgeByGroup:
    """Age in years: log-normal in children (axis 1 position 0), Gaussian cut at 18 and 95 in adults (position 1)."""

    child: LogNormal
    adult: Normal
    low: float
    high: float

    def quantile(self, p: Floats, y: Ints, variant: Ints) -> Floats:
        first, last = self._adult_range()
        within = first[y, variant] + p * (last - first)[y, variant]
        return np.where(variant == 1, self.adult.quantile(within, y, variant), self.child.quantile(p, y, variant))

    def log_density(self, x: Floats) -> Floats:
        first, last = self._adult_range()
        outside = ((x < self.low) | (x > self.high))[:, None, None]
        adult = np.where(outside, -np.inf, self.adult.log_density(x) - np.log(last - first))
        return np.stack([self.child.log_density(x)[:, :, 0], adult[:, :, 1]], axis=2)

    def _adult_range(self) -> tuple[Floats, Floats]:
        mean, sd = self.adult.mean, self.adult.sd
        return ndtr((self.low - mean) / sd), ndtr((self.high - mean) / sd)


@dataclass(frozen=True)
class Poisson:
    """Count with mean ``rate``, float64 (n_classes, 2)."""

    rate: Floats

    def quantile(self, p: Floats, y: Ints, variant: Ints) -> Floats:
        below = pdtr(np.arange(_MOST_VARIANTS), self.rate[y, variant][:, None])
        return (p[:, None] > below).sum(axis=1).astype(np.float64)

    def log_density(self, x: Floats) -> Floats:
        count = x[:, None, None]
        return xlogy(count, self.rate) - self.rate - gammaln(count + 1)


def clinical_model(effect: float) -> dict[str, Family]:
    """Return column -> distribution given class and age group; all but age and sex scale with ``effect``."""
    model: dict[str, Family] = {"age": _age(), "male": Bernoulli(_both(tables.MALE))}
    for column, rows in tables.LOG_NORMAL.items():
        table = np.array(rows, dtype=np.float64)
        model[column] = LogNormal(_both(scaled(table[:, 0], effect, "log")), _both(table[:, 1]))
    for column, rows in tables.NORMAL.items():
        table = np.array(rows, dtype=np.float64)
        model[column] = Normal(_both(scaled(table[:, 0], effect)), _both(table[:, 1]))
    model["mtdna_variants"] = Poisson(_both(scaled(tables.MTDNA_VARIANTS, effect, "log")))
    for column, rates in tables.FLAGS.items():
        model[column] = Bernoulli(_flag(column, rates, effect))
    return model


def _flag(column: str, rates: Mapping[str, float], effect: float) -> Floats:
    """Return rates scaled about that of a false call, because a mean over classes would give everybody some lesion."""
    table = _both([rates.get(name, tables.FALSE_CALL) for name in tables.CLASSES])
    if column == "bcr_abl1":
        table[tables.CLASSES.index("ALL"), 0] = tables.BCR_ABL1_IN_CHILDREN
    return tables.FALSE_CALL + effect * (table - tables.FALSE_CALL)


def blood_lymphocytes(effect: float) -> Percentage:
    """Return the distribution of lymphocytes in % of white cells of the blood."""
    table = np.array(tables.LYMPHOCYTES, dtype=np.float64)
    return Percentage(_both(scaled(table[:, 0], effect, "logit")), _both(table[:, 1]))


def _both(per_class: ArrayLike) -> Floats:
    return np.repeat(np.asarray(per_class, dtype=np.float64)[:, None], 2, axis=1)


def _age() -> AgeByGroup:
    ones = np.ones((len(tables.CLASSES), 2))
    median, sigma = tables.CHILD_AGE
    adult = np.array(tables.ADULT_AGE, dtype=np.float64)
    return AgeByGroup(
        LogNormal(median * ones, sigma * ones), Normal(_both(adult[:, 0]), _both(adult[:, 1])), *tables.ADULT_RANGE
    )


def sample_clinical(model: Mapping[str, Family], y: Ints, adult: Ints, seed: int) -> pd.DataFrame:
    """Return complete values, float64, one column for each of ``model``."""
    chance = patient_uniforms(seed, Stream.CLINICAL, len(y), (len(model),))
    return pd.DataFrame({
        column: family.quantile(chance[:, k], y, adult) for k, (column, family) in enumerate(model.items())
    })  # fmt: skip


def observed_clinical(complete: pd.DataFrame, patients: MitoPatients, seed: int) -> pd.DataFrame:
    """Return ``complete`` with NaN where a site did not measure, at random; site C measured nothing."""
    factor = np.array([*tables.SITE_MISSING_FACTOR, 0.0])[patients.site]
    rates = np.array([tables.MISSING.get(column, 0.0) for column in complete.columns])
    chance = patient_uniforms(seed, Stream.MISSING, len(complete), (len(rates),))
    missing = chance < rates * factor[:, None]
    return complete.mask(missing | (patients.site == SITES.index("C"))[:, None])


def clinical_table(observed: pd.DataFrame) -> pd.DataFrame:
    """Return the table an entry sees: ``male`` becomes the category ``sex``."""
    sex = observed["male"].map({0.0: "female", 1.0: "male"}).astype(pd.CategoricalDtype(["female", "male"]))
    rest = [column for column in UNITS if column != "age" and column in observed]
    return pd.concat([observed[["age"]], sex.rename("sex"), observed[rest]], axis=1)
