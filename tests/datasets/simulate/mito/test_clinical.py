"""Values of single patients of the six diseases from the numbers drawn for them, and which are missing."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from datasets.simulate.mito import clinical, tables
from datasets.simulate.mito.patients import MitoPatients

N, SEED = 12, 8
Y, ADULT = np.arange(N) % 6, np.array([1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1])
FLAGS = ("flt3", "npm1", "idh2", "bcr_abl1", "del13q", "del17p", "t11_14", "gain1q", "sf3b1", "tp53")
COLUMNS = (
    "age", "male", "wbc", "platelets", "ldh", "calcium", "creatinine", "hb", "mcv", "globulin", "mtdna_variants", *FLAGS
)  # fmt: skip


def _scaled(values, effect, to=lambda x: x, back=lambda x: x):
    table = to(np.array(values, dtype=float))
    return back(table.mean() + effect * (table - table.mean()))


def _value(column, p, c, adult, effect):
    if column == "age":
        mean, sd = tables.ADULT_AGE[c]
        grown = stats.truncnorm((18 - mean) / sd, (95 - mean) / sd, mean, sd)
        return (grown if adult else stats.lognorm(0.55, scale=5.5)).ppf(p)
    if column == "male":
        return float(p < tables.MALE[c])
    if column == "mtdna_variants":
        return stats.poisson(_scaled(tables.MTDNA_VARIANTS, effect, np.log, np.exp)[c]).ppf(p)
    if column in FLAGS:
        rate = tables.FLAGS[column].get(tables.CLASSES[c], 0.002)
        rate = 0.03 if (column, tables.CLASSES[c], adult) == ("bcr_abl1", "ALL", 0) else rate
        return float(p < 0.002 + effect * (rate - 0.002))
    normal = column in tables.NORMAL
    rows = (tables.NORMAL if normal else tables.LOG_NORMAL)[column]
    if normal:
        return stats.norm(_scaled([m for m, _ in rows], effect)[c], rows[c][1]).ppf(p)
    return stats.lognorm(rows[c][1], scale=_scaled([m for m, _ in rows], effect, np.log, np.exp)[c]).ppf(p)


@pytest.mark.parametrize("effect", [1.0, 0.5])
def test_every_value_of_every_patient_is_what_its_number_says(effect):
    model = clinical.clinical_model(effect)
    table = clinical.sample_clinical(model, Y, ADULT, SEED)
    assert tuple(table.columns) == COLUMNS
    for i in range(N):
        drawn = np.random.default_rng([SEED, 2, i]).random(len(COLUMNS))
        wanted = [_value(column, drawn[k], Y[i], ADULT[i], effect) for k, column in enumerate(COLUMNS)]
        np.testing.assert_allclose(table.iloc[i], wanted, rtol=1e-8)
    for column in ("mtdna_variants", *FLAGS):  # rare: look at the tail, too
        for p in (0.001, 0.02, 0.4, 0.999, 1 - 1e-12):
            got = model[column].quantile(np.full(N, p), Y, ADULT)
            most = 20.0  # no patient has more variants
            np.testing.assert_array_equal(
                got, [min(_value(column, p, c, a, effect), most) for c, a in zip(Y, ADULT, strict=True)]
            )


def test_more_than_20_variants_are_20():
    assert clinical.Poisson(np.full((1, 2), 90.0)).quantile(np.array([0.9]), np.array([0]), np.array([1])) == [20]


def test_an_adult_is_18_to_95_and_a_child_of_any_age():
    family = clinical.clinical_model(1.0)["age"]
    x = np.array([3.0, 17.999, 18, 40, 95, 95.001])
    density = family.log_density(x)
    for i, c in np.ndindex(len(x), 6):
        mean, sd = tables.ADULT_AGE[c]
        adult = stats.truncnorm((18 - mean) / sd, (95 - mean) / sd, mean, sd).logpdf(x[i])
        np.testing.assert_allclose(density[i, c], [stats.lognorm(0.55, scale=5.5).logpdf(x[i]), adult])


def test_counts_and_lymphocytes_have_the_densities_of_scipy():
    count = clinical.Poisson(np.array([[0.3, 2.0]]))
    for x in (0.0, 1.0, 5.0):
        np.testing.assert_allclose(count.log_density(np.array([x]))[0, 0], stats.poisson([0.3, 2.0]).logpmf(x))
    half = clinical.blood_lymphocytes(0.5)
    odds = np.log([m / (1 - m) for m, _ in tables.LYMPHOCYTES])
    mean = 1 / (1 + np.exp(-_scaled(odds, 0.5)))
    for c, (_, k) in enumerate(tables.LYMPHOCYTES):
        wanted = stats.beta(mean[c] * k, (1 - mean[c]) * k, scale=100)
        np.testing.assert_allclose(half.log_density(np.array([37.0]))[0, c], wanted.logpdf(37))


RATES = {
    "ldh": 0.10, "calcium": 0.10, "creatinine": 0.05, "globulin": 0.20, "mtdna_variants": 0.35, "flt3": 0.20,
    "npm1": 0.35, "idh2": 0.35, "sf3b1": 0.35, "tp53": 0.35, "bcr_abl1": 0.25, "del13q": 0.25, "del17p": 0.25,
    "t11_14": 0.25, "gain1q": 0.25, "blasts": 0.08, "lymphocytes": 0.05,
}  # fmt: skip


def test_a_value_is_missing_where_its_number_is_below_its_rate_and_everywhere_at_site_c():
    n, columns = 60, (*COLUMNS, "blasts", "lymphocytes")
    complete = pd.DataFrame({column: np.arange(n, dtype=float) for column in columns})
    patients = MitoPatients(np.arange(n) % 6, np.arange(n) % 3, np.ones(n, np.int64))
    got = clinical.observed_clinical(complete, patients, SEED)
    for i in range(n):
        u = np.random.default_rng([SEED, 3, i]).random(len(columns))
        for k, column in enumerate(columns):
            gone = i % 3 == 2 or u[k] < RATES.get(column, 0.0) * (0.6, 1.4)[i % 3]
            assert np.isnan(got[column][i]) if gone else got[column][i] == i


@pytest.mark.parametrize("definitional", [False, True])
def test_an_entry_sees_age_then_sex_then_the_rest_in_the_order_of_the_units(definitional):
    more = ["blasts", "lymphocytes"] if definitional else []
    observed = pd.DataFrame({column: [1.0, np.nan] for column in reversed([*COLUMNS, *more])})
    table = clinical.clinical_table(observed.assign(male=[1.0, 0.0]))
    labs = ["wbc", "hb", "platelets", "ldh", "mcv", "calcium", "creatinine", "globulin", "mtdna_variants"]
    assert list(table.columns) == ["age", "sex", *labs, *FLAGS, *more]
    assert table["sex"].tolist() == ["male", "female"] and list(table["sex"].cat.categories) == ["female", "male"]
    assert clinical.clinical_table(observed)["sex"].isna().tolist() == [False, True]
