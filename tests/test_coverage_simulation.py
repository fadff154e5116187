"""What the intervals and ties promise, by simulation; the figures are printed by ``python -m perf.coverage``."""

from __future__ import annotations

import numpy as np
import pytest

from perf.coverage import covered, populations, sample_world, tie_boards

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


@pytest.mark.slow
def test_entries_that_differ_by_seed_alone_are_tied_on_95_of_100_boards_when_seeds_are_drawn_too():
    assert sum(tie_boards(100, seeds=3, draw_seeds=True)) >= 95


@pytest.mark.slow
def test_intervals_of_many_patients_cover_about_as_often_as_they_say():
    population = populations(sample_world(1.0, 20_000, 4, 0.3, 0))["too sure"]
    found = covered(population, 160, 300, 300)
    for name in ("balanced_accuracy", "auroc"):
        assert np.mean(found[name]) > 0.90


def test_a_simulated_board_says_whether_its_two_entries_are_tied():
    assert len(tie_boards(2, seeds=2, draw_seeds=True, patients=60, resamples=20)) == 2
