"""What the intervals and ties promise, by simulation; the figures are printed by ``python -m perf.coverage``."""

from __future__ import annotations

import pytest
from scipy.stats import binom

from perf.coverage import covered, populations, sample_world, tie_boards

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [1, 3])
def test_entries_that_differ_by_seed_alone_are_tied_on_95_of_100_boards(seeds):
    assert sum(tie_boards(100, seeds=seeds, draw_seeds=seeds > 1)) >= 95


SHARES = ("balanced_accuracy", "auroc", "accuracy", "macro_f1", "mcc")


@pytest.fixture(scope="module")
def everyone():
    return populations(sample_world(1.0, 20_000, 4, 0.3, 0))


@pytest.mark.slow
@pytest.mark.parametrize("n", [20, 40, 80, 160])
def test_intervals_of_shares_hold_what_they_say(everyone, n):
    for entry, population in everyone.items():
        found = covered(population, n, 400, 400)
        low = {name: found[name].mean() for name in SHARES if found[name].sum() < binom.ppf(0.0005, 400, 0.95)}
        assert low == {}, entry


def test_a_simulated_board_says_whether_its_two_entries_are_tied():
    assert len(tie_boards(2, seeds=2, draw_seeds=True, patients=60, resamples=20)) == 2
