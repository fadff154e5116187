"""What is not measured because of how ill a patient is."""

import numpy as np
import pandas as pd
import pytest

from datasets.simulate.shared.missingness import coagulation_factor, early_death, genes_lost


def _ill(**values):
    plain = {"wbc": [5.0], "platelets": [100.0], "age": [40.0], "fibrinogen": [1.0], "hb": [1.0], "pt": [1.0]}
    return pd.DataFrame({**plain, "d_dimer": [1.0], **{name: [value] for name, value in values.items()}})


def test_coagulation_alone_is_lost_oftener_and_below_1_5_alone():
    rows = pd.concat([_ill(wbc=1.49), _ill(wbc=1.5), _ill(wbc=9)])
    wanted = np.ones((3, 7))
    wanted[0, [rows.columns.get_loc(name) for name in ("fibrinogen", "d_dimer", "pt")]] = 2.5
    np.testing.assert_array_equal(coagulation_factor(rows), wanted)


@pytest.mark.parametrize(
    ("values", "log_odds"),
    [
        ({}, -2.6),
        ({"wbc": 10.0, "platelets": 40.0, "age": 60.0}, -2.6),
        ({"wbc": 10.1}, -1.5),
        ({"platelets": 39.9}, -1.9),
        ({"age": 60.1}, -1.7),
        ({"wbc": 30, "platelets": 10, "age": 80}, 0.1),
    ],
)
def test_who_dies_early_and_whose_genes_are_then_lost_is_told_by_two_numbers(values, log_odds):
    many = pd.concat([_ill(**values)] * 300, ignore_index=True)
    drawn = np.array([np.random.default_rng([3, 42, i]).random(2) for i in range(300)])
    died = drawn[:, 0] < 1 / (1 + np.exp(-log_odds))
    np.testing.assert_array_equal(early_death(many, 3), died)
    np.testing.assert_array_equal(genes_lost(many, 3), died & (drawn[:, 1] < 0.5))
