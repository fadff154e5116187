"""One draw for several tables: who is drawn with whom, and what is read off it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from leaderboard.inference.bootstrap import interval, reach
from leaderboard.inference.resolution import patients_needed
from leaderboard.inference.shared_draw import part, shared_draw, summary
from leaderboard.measures.metrics import METRICS
from leaderboard.records import testsets
from tests.leaderboard.fake_board import fake_task

NAMES = [f"p{i:02d}" for i in range(40)]
TABLE = pd.DataFrame({"patient": NAMES, "y": np.arange(40) % 2, "domain": ["A"] * 20 + ["B"] * 20, "role": "test"})


def test_strata_are_what_all_tables_say_of_a_patient_together() -> None:
    drawn = shared_draw([TABLE.iloc[::-1], TABLE.iloc[:10]], ["y", "domain"], 30, 0)
    assert drawn.patients.tolist() == NAMES and drawn.weights.shape == (40, 31)
    assert (drawn.weights[:, 0] == 1).all() and (drawn.weights[:, 1:] != 1).any()
    alike = TABLE["y"].astype(str) + TABLE["domain"]
    for name in alike.unique():
        assert (drawn.weights[(alike == name).to_numpy()].sum(axis=0) == 10).all()
    assert len(set(drawn.strata)) == 4
    rare = TABLE.assign(
        domain=["A"] * 32 + ["B"] * 8
    )  # four of a class in B are few, and drawn with all of their class
    assert sorted(np.bincount(shared_draw([rare], ["y", "domain"], 30, 0).strata)) == [20, 20]
    by_role = shared_draw([TABLE.iloc[:30], TABLE.iloc[:12].assign(role="test:B")], ["y", "role"], 30, 0)
    assert sorted(np.bincount(by_role.strata)) == [6, 6, 9, 9]


def test_the_same_seed_gives_the_same_draw() -> None:
    first, again, other = (shared_draw([TABLE], ["y"], 20, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.weights, again.weights)
    assert (first.weights != other.weights).any()


def test_the_reach_of_sets_is_the_largest_and_empty_ones_do_not_count() -> None:
    drawn = shared_draw([TABLE], ["y"], 5, 0)
    few, none = np.array(NAMES[:6]), np.array([], dtype=str)
    whole = reach(np.arange(40) % 2)
    assert drawn.reach() == drawn.reach(none) == pytest.approx(whole)
    assert drawn.reach(none, few) == drawn.reach(np.array(NAMES), few) == pytest.approx(reach(np.arange(6) % 2))
    assert drawn.reach(few) > whole


def test_a_score_is_that_of_the_drawn_patients() -> None:
    task = fake_task(n=30, seeds=1, folds=2, failed=None, skill={"prior": 0.0, "xgboost": 1.0})
    inside = testsets.test_sets(task)[0]
    (one,) = inside.replicates["xgboost"]
    drawn = shared_draw([task.predictions], ["y"], 6, 0)  # of all patients, those of the shifted set too
    found = drawn.scores(inside, [one], METRICS["accuracy"])
    times = dict(zip(drawn.patients, drawn.weights, strict=True))
    for b in range(7):
        weight = [times[inside.patients[p]][b] for p in one.patient]
        assert found[b] == pytest.approx(accuracy_score(one.y, one.proba.argmax(axis=1), sample_weight=weight))


def test_a_summary_is_the_estimate_and_the_interval_of_the_rest() -> None:
    samples = np.r_[0.9, np.random.default_rng(0).normal(0.9, 0.1, 200)]
    low, high = interval(samples[None, 1:], 2.0, (0, 1))
    assert summary(samples, 2.0, (0, 1)) == (0.9, low[0], high[0]) and high[0] == 1
    assert summary(samples, 2.0)[2] > 1
    assert np.isnan(summary(np.r_[np.nan, samples], 2.0)).all()


def test_a_part_of_a_task_is_numbered_anew() -> None:
    task = fake_task(n=20, seeds=2, failed=None)
    rows, trials = (task.predictions["seed"] == 1).to_numpy(), (task.trials["seed"] == 1).to_numpy()
    some = part(task, rows, trials)
    assert set(some.predictions["seed"]) == set(some.trials["seed"]) == {1}
    assert list(some.predictions.index) == list(range(rows.sum())) and list(some.trials.index) == list(
        range(trials.sum())
    )
    pd.testing.assert_frame_equal(part(task, rows).trials, task.trials)


def test_patients_needed_by_the_square_of_half_width_over_difference() -> None:
    assert patients_needed(-0.1, 0.2, 50, 2.5) == patients_needed(0.1, 0.2, 50, 2.5) == 50 * 25
    assert patients_needed(0.11, 0.2, 50, 2.5) == 1034  # 50 (0.5 / 0.11)^2 = 1033.06, rounded up
    assert np.isnan([patients_needed(*given) for given in ((np.nan, 0.1, 9, 2.0), (0.1, np.nan, 9, 2.0))]).all()
