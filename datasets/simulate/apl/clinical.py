"""Clinical variables: their distributions given class and variant, their values, and what goes missing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from datasets.simulate.apl.patients import Patients
from datasets.simulate.shared import (
    Bernoulli,
    ChildOrAdultAge,
    Family,
    LogNormal,
    Normal,
    Percentage,
    Stream,
    coagulation_factor,
    patient_uniforms,
    scaled,
    tables,
)

UNITS = {
    "age": "years",
    "wbc": "10^9/L",
    "hb": "g/L",
    "platelets": "10^9/L",
    "fibrinogen": "g/L",
    "d_dimer": "mg/L",
    "pt": "s",
    "ldh": "U/L",
    "promyelocytes": "%",
    "flt3_itd": "",
    "extramedullary": "",
    "i17q": "",
    "ras_wt1": "",
    "bleeding": "",
}


def clinical_model(effect: float) -> dict[str, Family]:
    """Return column -> distribution given class and variant, with class differences scaled by ``effect``."""
    model: dict[str, Family] = {"age": _age(effect)}
    for column, rows in tables.LOG_NORMAL.items():
        table = np.array(rows, dtype=np.float64)
        model[column] = LogNormal(_both(scaled(table[:, 0], effect, "log")), _both(table[:, 1]))
    for column, rows in tables.NORMAL.items():
        table = np.array(rows, dtype=np.float64)
        model[column] = Normal(_both(scaled(table[:, 0], effect)), _both(table[:, 1]))
    for column, rates in tables.BERNOULLI.items():
        model[column] = Bernoulli(_both(scaled(rates, effect, "logit")))
    wbc = np.array(tables.WBC, dtype=np.float64)
    model["wbc"] = LogNormal(scaled(wbc[..., 0], effect, "log"), wbc[..., 1])
    model["flt3_itd"] = Bernoulli(scaled(tables.FLT3_ITD, effect, "logit"))
    model["promyelocytes"] = marrow_percentage(effect)
    return model


def marrow_percentage(effect: float) -> Percentage:
    """Return the distribution of leukaemic promyelocytes in % of marrow cells, given class and variant."""
    marrow = np.array(tables.PROMYELOCYTES)
    return Percentage(_both(scaled(marrow[:, 0], effect, "logit")), _both(marrow[:, 1]))


def _both(per_class: ArrayLike) -> NDArray[np.float64]:
    return np.repeat(np.asarray(per_class, dtype=np.float64)[:, None], 2, axis=1)


def _age(effect: float) -> ChildOrAdultAge:
    ones = np.ones((len(tables.CLASSES), 2))
    median, sigma = tables.CHILD_AGE
    adult = np.array(tables.ADULT_AGE, dtype=np.float64)
    return ChildOrAdultAge(
        child=_both(scaled(tables.CHILD, effect, "logit")),
        child_age=LogNormal(median * ones, sigma * ones),
        adult_age=Normal(_both(scaled(adult[:, 0], effect)), _both(adult[:, 1])),
    )


def sample_clinical(
    model: Mapping[str, Family], y: NDArray[np.int64], variant: NDArray[np.int64], seed: int
) -> pd.DataFrame:
    """Return complete values, float64, one column for each of ``model``."""
    chance = patient_uniforms(seed, Stream.CLINICAL, len(y), (len(model),))
    return pd.DataFrame({
        column: family.quantile(chance[:, k], y, variant) for k, (column, family) in enumerate(model.items())
    })  # fmt: skip


def missing_at_random(columns: list[str], factor: ArrayLike, seed: int) -> NDArray[np.bool_]:
    """Return which values were not measured, bool (n, columns): the column's rate times ``factor``.

    Args:
        columns: Names.
        factor: Of each patient, (n,), or of each value, (n, columns).
        seed: Seed of the cohort.
    """
    multiple = np.asarray(factor, dtype=np.float64)
    rates = np.array([tables.MISSING.get(column, 0.0) for column in columns])
    chance = patient_uniforms(seed, Stream.MISSING, len(multiple), (len(columns),))
    return chance < rates * multiple.reshape(len(multiple), -1)


def observed_clinical(complete: pd.DataFrame, patients: Patients, seed: int, mnar: bool = False) -> pd.DataFrame:
    """Return ``complete`` with NaN where a site did not measure; of some patients there are images only.

    With ``mnar`` coagulation is measured less often at a low white count.
    """
    factor = np.array(tables.SITE_MISSING_FACTOR)[patients.site][:, None]
    if mnar:
        factor = factor * coagulation_factor(complete)
    missing = missing_at_random(list(complete.columns), factor, seed)
    missing |= patients.images_only[:, None]
    return complete.mask(missing)


def clinical_table(observed: pd.DataFrame) -> pd.DataFrame:
    """Return the table an entry sees: ``male`` becomes the category ``sex``."""
    sex = observed["male"].map({0.0: "female", 1.0: "male"}).astype(pd.CategoricalDtype(["female", "male"]))
    return pd.concat([observed[["age"]], sex.rename("sex"), observed[[c for c in UNITS if c != "age"]]], axis=1)
