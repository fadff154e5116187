"""Mean ranks, and the runs of entries that are not told apart, against a search over all runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from leaderboard.inference.critical_difference import _groups, critical_difference, signed_rank_p


@pytest.mark.parametrize("higher", [True, False])
def test_ranks_p_values_and_their_order(higher: bool) -> None:
    good = np.arange(8.0)
    scores = pd.DataFrame({"bad": good - 2, "tie": good, "good": good + 5, "same": good})
    found = critical_difference(scores if higher else -scores, higher_is_better=higher)
    assert found.ranks.to_dict() == {"good": 1.0, "tie": 2.5, "same": 2.5, "bad": 4.0}
    assert list(found.ranks.index) == list(found.p.index) == list(found.p.columns) == ["good", "tie", "same", "bad"]
    assert np.isnan(np.diag(found.p)).all() and found.n_tasks == 8
    raw = wilcoxon(np.arange(1.0, 9)).pvalue  # 2 / 256, five of six pairs
    assert found.p.loc["good", "bad"] == found.p.loc["bad", "good"] == pytest.approx(6 * raw)
    assert found.p.loc["tie", "same"] == 1
    assert found.groups == (("tie", "same"),)
    strict = critical_difference(scores if higher else -scores, higher_is_better=higher, level=0.01)
    assert strict.groups == (("good", "tie", "same", "bad"),)


def test_six_tasks_are_enough() -> None:
    scores = pd.DataFrame({"a": np.arange(6.0), "b": np.arange(6.0) - 1})
    assert critical_difference(scores, higher_is_better=True).p.loc["a", "b"] == pytest.approx(2 / 64)


@given(st.lists(st.sampled_from([0.01, 0.05, 0.2]), min_size=10, max_size=10))
def test_groups_are_the_longest_runs_without_a_separated_pair(values: list[float]) -> None:
    names, table = list("abcde"), np.full((5, 5), np.nan)
    table[np.triu_indices(5, 1)] = values
    table = np.where(np.isnan(table), table.T, table)
    runs = [
        (i, j)
        for i in range(5)
        for j in range(i + 2, 6)
        if not any(table[a, b] < 0.05 for a in range(i, j) for b in range(a + 1, j))
    ]
    longest = [
        (i, j) for i, j in runs if not any((i, j) != other and other[0] <= i and j <= other[1] for other in runs)
    ]
    found = _groups(pd.DataFrame(table, names, names), 0.05)
    assert found == tuple(tuple(names[i:j]) for i, j in longest)


@pytest.mark.parametrize("n", [1, 12, 13, 14])
def test_signed_ranks_by_all_signs_up_to_thirteen_rows_and_by_scipy_above(n: int) -> None:
    gaps = np.random.default_rng(n).integers(-3, 4, n).astype(float)
    gaps[0] = 2
    kept = np.abs(gaps[gaps != 0])
    ranks = np.array([(kept < v).sum() + ((kept == v).sum() + 1) / 2 for v in kept])
    sums = np.zeros(1)
    for rank in ranks:
        sums = np.concatenate([sums, sums + rank])
    seen = ranks[gaps[gaps != 0] > 0].sum()
    exact = min(1.0, 2 * min((sums >= seen - 1e-9).mean(), (sums <= seen + 1e-9).mean()))
    wanted = exact if n <= 13 else wilcoxon(gaps).pvalue
    assert signed_rank_p(gaps[:, None])[0] == pytest.approx(wanted, abs=1e-12)
    if n == 14:
        assert abs(exact - wanted) > 1e-4
        assert signed_rank_p(np.zeros((14, 1)))[0] == 1
