"""What is known of specimens: bands of age in years, sex, posteriors; kept for the cohort that they are of."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmark.records.specimen_facts import keep_facts, kept_facts, specimen_facts
from benchmark.records.store import Store
from datasets.cohort import Truth
from tests.toy import toy_cohort

AGES = {0: "0-17", 17.99: "0-17", 18: "18-39", 39.5: "18-39", 40: "40-59", 59: "40-59", 60: "60+", 101: "60+"}


def cohort():
    """Return specimens of every band, one without age and sex."""
    made = toy_cohort(n=9, n_classes=3, images=False, genes=False, missing=0)
    sex = pd.Categorical(["female", "male"] * 4 + [None], categories=["female", "male"])
    return replace(made, clinical=made.clinical.assign(age=[*AGES, np.nan], sex=sex))


def test_age_is_banded_and_sex_told_where_known():
    made = cohort()
    facts = specimen_facts(made)
    assert facts["specimen"].tolist() == made.specimen.tolist()
    assert facts["age_band"].tolist() == [*AGES.values(), ""]
    assert facts["sex"].tolist() == [*["female", "male"] * 4, ""]
    assert facts.columns.tolist() == ["specimen", "age_band", "sex"]


def test_what_is_no_age_in_years_or_no_category_is_left_out():
    made = cohort()
    in_months = replace(made, units={**made.units, "age": "months"})
    assert specimen_facts(in_months).columns.tolist() == ["specimen", "sex"]
    as_number = replace(made, clinical=made.clinical.assign(sex=range(9)), units={**made.units, "sex": ""})
    assert specimen_facts(as_number).columns.tolist() == ["specimen", "age_band"]
    without = replace(made, clinical=made.clinical[["wbc"]], units={"wbc": "10^9/L"})
    bare = toy_cohort(n=9, clinical=False, images=False)
    assert specimen_facts(without).columns.tolist() == specimen_facts(bare).columns.tolist() == ["specimen"]


def test_posteriors_are_columns_by_subset_and_class():
    known = {"all": np.random.default_rng(0).dirichlet(np.ones(3), 9), "images": np.full((9, 3), 1 / 3)}
    facts = specimen_facts(replace(toy_cohort(n=9, clinical=False), truth=Truth(known)))
    assert facts.columns.tolist() == ["specimen", "q0", "q1", "q2", "images.q0", "images.q1", "images.q2"]
    np.testing.assert_array_equal(facts[["q0", "q1", "q2"]], known["all"])
    np.testing.assert_array_equal(facts.filter(like="images."), known["images"])


def test_facts_come_back_under_the_fingerprint_of_their_cohort(tmp_path):
    made, store = cohort(), Store(tmp_path, "s")
    assert kept_facts(store, made.fingerprint) is None
    for _ in range(2):
        keep_facts(made, store)
    pd.testing.assert_frame_equal(kept_facts(store, made.fingerprint), specimen_facts(made))
    assert [path.name for path in (tmp_path / "s").rglob("*.json")] == [f"{made.fingerprint[:16]}.facts.json"]


@pytest.mark.parametrize("age", [-1.0, np.nan])
def test_an_age_below_all_bands_is_unknown(age):
    made = cohort()
    assert set(specimen_facts(replace(made, clinical=made.clinical.assign(age=age)))["age_band"]) == {""}
