"""What rules read alike: shares of enough cells, units, sex."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from baselines.rules.rule_findings import absent, clinical_values, is_male, share_of_cells
from datasets.cohort import ImageBags, presence
from tests.toy import toy_cohort


def test_a_share_is_of_five_found_cells_at_the_least():
    bags = ImageBags(np.zeros((17, 2, 2, 3), np.uint8), np.array([0, 5, 9, 17, 17]))
    cohort = toy_cohort(n=4, n_classes=2, genes=False, clinical=False, images=False, missing=0)
    cohort = dataclasses.replace(cohort, images=bags, present=presence(4, bags, None, None))
    chosen, found = np.zeros(17, bool), np.ones(17, bool)
    chosen[[0, 1, 5, 9, 10, 11, 12]] = True
    found[[12, 13]] = False
    shares = share_of_cells(cohort, chosen, found)
    np.testing.assert_allclose(shares, [2 / 5, np.nan, 3 / 6, np.nan])
    assert np.isnan(share_of_cells(cohort, chosen, np.arange(17) > 0)[0])  # four are left


def test_values_have_their_unit_or_are_refused():
    cohort = toy_cohort(n=12, missing=0.4)
    np.testing.assert_array_equal(clinical_values(cohort, "age", "years"), cohort.clinical["age"].to_numpy())
    bare = toy_cohort(n=12, clinical=False)
    for lacking in (clinical_values(cohort, "ldh", "U/L"), clinical_values(bare, "age", "years")):
        assert lacking.shape == (12,) and np.isnan(lacking).all()
    with pytest.raises(ValueError, match=r"clinical\['age'\] is in 'years', the rules need 'months'"):
        clinical_values(cohort, "age", "months")
    assert np.isnan(absent(cohort)).all() and absent(cohort).shape == (12,)


def test_sex_is_a_number_or_unknown():
    cohort = toy_cohort(n=3, images=False)
    told = dataclasses.replace(
        cohort, clinical=cohort.clinical.assign(sex=pd.Categorical(["male", None, "female"]), age=1.0, wbc=1.0)
    )
    np.testing.assert_array_equal(is_male(told), [1, np.nan, 0])
    unnamed = cohort.clinical.drop(columns="sex").assign(age=1.0, wbc=1.0)
    assert np.isnan(is_male(dataclasses.replace(cohort, clinical=unnamed))).all()
    assert np.isnan(is_male(toy_cohort(n=3, images=False, clinical=False))).all()
    words = cohort.clinical.assign(sex=pd.Categorical(["w", "m", "d"]), age=1.0, wbc=1.0)
    with pytest.raises(ValueError, match=r"holds \['d', 'm', 'w'\], the rules need"):
        is_male(dataclasses.replace(cohort, clinical=words))
