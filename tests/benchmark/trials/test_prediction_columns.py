"""Predictions as columns: sorted by specimen with all that belongs to each, joined, and chosen by role."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmark.trials.prediction_columns import columns_of, joined, of_roles, with_modalities
from tests.toy import toy_cohort

COHORT = toy_cohort(n=12)[np.array([7, 2, 11, 3])]
PROBA = np.random.default_rng(0).dirichlet(np.ones(3), 4)


def test_rows_come_by_specimen_and_keep_what_is_theirs():
    told = columns_of(PROBA, COHORT, "test:B")
    expected = pd.DataFrame(
        {
            "role": "test:B",
            "specimen": COHORT.specimen,
            "patient": COHORT.patient,
            "domain": COHORT.domain,
            "y": COHORT.y,
        }
    ).assign(p0=PROBA[:, 0], p1=PROBA[:, 1], p2=PROBA[:, 2])
    assert list(told) == list(expected.columns)
    expected = expected.sort_values("specimen", ignore_index=True)
    for name, column in told.items():
        assert column.tolist() == expected[name].tolist()
        assert not isinstance(column, pd.Series)


def test_tables_are_put_below_each_other_and_rows_chosen_by_role():
    tables = [columns_of(PROBA, COHORT, role) for role in ("valid", "test", "test:B")]
    whole = joined(tables)
    assert whole["role"].tolist() == ["valid"] * 4 + ["test"] * 4 + ["test:B"] * 4
    assert whole["p1"].tolist() == tables[0]["p1"].tolist() * 3
    some = of_roles(whole, {"test": 1, "test:B": 2})
    assert some["role"].tolist() == ["test"] * 4 + ["test:B"] * 4 and len(some["p2"]) == 8
    marked = with_modalities(some, "images+genes")
    assert marked["modalities"].tolist() == ["images+genes"] * 8 and "modalities" not in some
