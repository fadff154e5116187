"""Clinical values of single patients from the numbers drawn for them, and which of them are missing."""

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from datasets.simulate.apl import clinical
from datasets.simulate.apl.patients import Patients
from datasets.simulate.shared import tables

N, SEED = 12, 8
Y, VARIANT = np.arange(N) % 5, np.arange(N) // 2 % 2
COLUMNS = (
    "age", "platelets", "fibrinogen", "d_dimer", "ldh", "hb", "pt", "male", "extramedullary", "i17q", "ras_wt1",
    "bleeding", "wbc", "flt3_itd", "promyelocytes",
)  # fmt: skip


def _scaled(values, effect, to=lambda x: x, back=lambda x: x):
    table = to(np.array(values, dtype=float))
    return back(table.mean(axis=0) + effect * (table - table.mean(axis=0)))


def _value(column, p, c, v, effect):
    """Return the value at probability p of a patient of this class and variant, by scipy's distributions."""
    if column == "age":
        child = _scaled(tables.CHILD, effect, special.logit, special.expit)[c]
        if p < child:
            return stats.lognorm(0.6, scale=7.0).ppf(p / child)
        mean, sd = _scaled([m for m, _ in tables.ADULT_AGE], effect)[c], tables.ADULT_AGE[c][1]
        cut = stats.truncnorm((18 - mean) / sd, (95 - mean) / sd, mean, sd)
        return cut.ppf((p - child) / (1 - child))
    if column in tables.LOG_NORMAL:
        median = _scaled([m for m, _ in tables.LOG_NORMAL[column]], effect, np.log, np.exp)[c]
        return stats.lognorm(tables.LOG_NORMAL[column][c][1], scale=median).ppf(p)
    if column in tables.NORMAL:
        return stats.norm(_scaled([m for m, _ in tables.NORMAL[column]], effect)[c], tables.NORMAL[column][c][1]).ppf(p)
    if column == "wbc":
        median = _scaled([[m for m, _ in row] for row in tables.WBC], effect, np.log, np.exp)[c, v]
        return stats.lognorm(tables.WBC[c][v][1], scale=median).ppf(p)
    if column == "promyelocytes":
        mean = _scaled([m for m, _ in tables.PROMYELOCYTES], effect, special.logit, special.expit)[c]
        k = tables.PROMYELOCYTES[c][1]
        return 100 * stats.beta(mean * k, (1 - mean) * k).ppf(p)
    rates = _scaled(tables.FLT3_ITD if column == "flt3_itd" else tables.BERNOULLI[column], effect, special.logit,
                    special.expit)  # fmt: skip
    return float(p < (rates[c, v] if column == "flt3_itd" else rates[c]))


@pytest.mark.parametrize("effect", [1.0, 0.5])
def test_every_value_of_every_patient_is_what_its_number_says(effect):
    table = clinical.sample_clinical(clinical.clinical_model(effect), Y, VARIANT, SEED)
    assert tuple(table.columns) == COLUMNS
    for i in range(N):
        p = np.random.default_rng([SEED, 2, i]).random(len(COLUMNS))
        wanted = [_value(column, p[k], Y[i], VARIANT[i], effect) for k, column in enumerate(COLUMNS)]
        np.testing.assert_allclose(table.iloc[i], wanted, rtol=1e-8)


RATES = {
    "fibrinogen": 0.12, "d_dimer": 0.30, "pt": 0.10, "ldh": 0.10, "i17q": 0.25, "ras_wt1": 0.35, "flt3_itd": 0.20,
    "promyelocytes": 0.08, "extramedullary": 0.05,
}  # fmt: skip


@pytest.mark.parametrize("mnar", [False, True])
def test_a_value_is_missing_where_its_number_is_below_its_rate(mnar):
    n = 60
    complete = pd.DataFrame({column: np.arange(n, dtype=float) for column in COLUMNS})
    complete["wbc"] = np.where(np.arange(n) % 2, 1.0, 2.0)
    site, alone = np.arange(n) % 3, np.arange(n) % 9 == 8
    patients = Patients(np.zeros(n, np.int64), site, np.zeros(n, np.int64), alone)
    got = clinical.observed_clinical(complete, patients, SEED, *([mnar] if mnar else []))
    lost = 0
    for i in range(n):
        u = np.random.default_rng([SEED, 3, i]).random(len(COLUMNS))
        for k, column in enumerate(COLUMNS):
            rate = RATES.get(column, 0.0) * (0.6, 1.4, 1.0)[site[i]]
            if mnar and i % 2 and column in ("fibrinogen", "d_dimer", "pt"):
                rate *= 2.5
            gone = alone[i] or u[k] < rate
            lost += gone
            assert np.isnan(got[column][i]) if gone else got[column][i] == complete[column][i]
    assert 50 < lost < n * len(COLUMNS) / 2


def test_rates_can_differ_by_patient_or_by_value():
    columns = ["d_dimer", "age", "pt"]
    one = clinical.missing_at_random(columns, np.array([0.0, 1.0, 4.0]), 1)
    each = clinical.missing_at_random(columns, np.outer([0.0, 1.0, 4.0], np.ones(3)), 1)
    np.testing.assert_array_equal(one, each)
    assert not one[0].any() and one[2, 0] and not one[:, 1].any()


def test_an_entry_sees_age_then_sex_then_the_rest_in_the_order_of_the_units():
    observed = pd.DataFrame({column: [1.0, np.nan] for column in reversed(COLUMNS)})
    table = clinical.clinical_table(observed.assign(male=[1.0, 0.0]))
    assert list(table.columns) == [
        "age", "sex", "wbc", "hb", "platelets", "fibrinogen", "d_dimer", "pt", "ldh", "promyelocytes", "flt3_itd",
        "extramedullary", "i17q", "ras_wt1", "bleeding",
    ]  # fmt: skip
    assert table["sex"].tolist() == ["male", "female"] and list(table["sex"].cat.categories) == ["female", "male"]
    assert clinical.clinical_table(observed)["sex"].isna().tolist() == [False, True]
