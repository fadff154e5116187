"""The exact interval against its definition, also of fractions, of none, and of one hit too many."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betainc

from leaderboard.measures.exact_interval import clopper_pearson


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [1, 3, 12])
def test_each_limit_leaves_two_and_a_half_percent(n: int) -> None:
    hits = np.linspace(0, n, 2 * n + 1)  # halves, too
    low, high = clopper_pearson(hits, np.full(len(hits), n))
    np.testing.assert_allclose(betainc(hits[1:], n - hits[1:] + 1, low[1:]), 0.025)
    np.testing.assert_allclose(betainc(hits[:-1] + 1, n - hits[:-1], high[:-1]), 0.975)
    assert (low[0], high[-1]) == (0, 1)


def test_of_nobody_nothing_is_known_and_a_hit_of_rounding_too_many_counts_as_all() -> None:
    low, high = clopper_pearson(np.array([0, 0, 3 + 1e-15]), np.array([0, 2, 3]))
    assert np.isnan([low[0], high[0]]).all() and low[1] == 0 and high[1] < 1
    assert high[2] == 1 and low[2] == pytest.approx(0.025 ** (1 / 3))
