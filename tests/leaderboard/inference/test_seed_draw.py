"""Drawing seeds beside patients: the spread it adds is that of the mean of seeds."""

from __future__ import annotations

import numpy as np

from leaderboard.inference.seed_draw import with_drawn_seeds


def test_the_estimate_is_the_mean_and_the_spread_that_of_a_mean_of_seeds():
    seeds = np.array([0.6, 0.7, 0.9, 0.8])
    scores = np.repeat(seeds[:, None], 20_001, axis=1)
    drawn = with_drawn_seeds(scores, np.random.default_rng(0))
    assert drawn[0] == seeds.mean()
    np.testing.assert_allclose(drawn[1:].std(), seeds.std() / 2, rtol=0.02)


def test_one_seed_is_left_as_it_is_and_nan_is_left_out():
    rng = np.random.default_rng(0)
    one = rng.random((1, 50))
    np.testing.assert_array_equal(with_drawn_seeds(one, rng), one[0])
    holey = np.array([[np.nan] * 50, [0.5] * 50])
    drawn = with_drawn_seeds(holey, rng)
    assert drawn[0] == 0.5 and np.isnan(drawn).any() and (drawn[~np.isnan(drawn)] == 0.5).all()


def test_the_same_generator_gives_the_same_draws():
    scores = np.random.default_rng(1).random((3, 40))
    first, second = (with_drawn_seeds(scores, np.random.default_rng(2)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
