"""Entries that agree on every specimen are told as one, by the largest difference; those that differ once are not."""

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.verdicts.alike import NEAR, one_model
from tests.leaderboard.fake_board import fake_task

TASK = fake_task(failed=None, skill={"a": 1.0, "b": 1.0, "c": 1.0}, n=30)
COLUMNS = ["p0", "p1", "p2"]
KEYS = ["seed", "fold", "role", "specimen"]


def moved(by, rows=slice(None), entry="b"):
    """Return the task in which ``entry`` says what "a" does, but ``by`` more of p0 and less of p1 in some rows."""
    table = TASK.predictions.sort_values(KEYS, kind="stable").reset_index(drop=True)
    told = table.loc[table["entry"] == "a", COLUMNS].to_numpy().copy()
    told[:, :2] = np.clip(told[:, :2], 0.01, None)
    told /= told.sum(axis=1, keepdims=True)
    table.loc[table["entry"] == "a", COLUMNS] = told
    other = told.copy()
    other[rows, 0] += by
    other[rows, 1] -= by
    table.loc[table["entry"] == entry, COLUMNS] = other
    return replace(TASK, predictions=table.sample(frac=1, random_state=0).reset_index(drop=True))


def test_the_sentence_names_the_entries_and_how_near_they_are():
    assert one_model(moved(0.0)) == ["Identical predictions: a, b; they count as one."]
    assert one_model(moved(1e-4)) == ["Nearly identical predictions, all within 0.001: a, b; they count as one."]
    assert one_model(moved(1e-4, rows=[7])) == one_model(moved(1e-4))  # to the last bit but for one specimen
    assert one_model(TASK) == []


def test_one_specimen_apart_makes_two():
    assert one_model(moved(2e-3, rows=[7])) == []


def test_entries_that_predicted_other_specimens_are_not_compared():
    task = moved(0.0)
    less = task.predictions[(task.predictions["entry"] != "b") | (task.predictions["fold"] > 0)]
    assert one_model(replace(task, predictions=less)) == []


@given(st.lists(st.sampled_from([0.0, 4e-4, 8e-4, 1.2e-3, 2e-3]), min_size=2, max_size=4))
def test_all_of_a_group_are_near_each_other_and_no_group_could_take_another(shifts):
    base = TASK.predictions[TASK.predictions["entry"] == "a"]
    base = base.assign(p0=0.3, p1=0.3, p2=0.4)
    frames = [base.assign(entry=f"e{i}", p0=0.3 + by, p1=0.3 - by) for i, by in enumerate(shifts)]
    told = one_model(replace(TASK, predictions=pd.concat(frames, ignore_index=True)))
    groups = [[int(name[1:]) for name in line.partition(": ")[2].partition(";")[0].split(", ")] for line in told]
    near = {(i, j): abs(a - b) < NEAR - 1e-12 for i, a in enumerate(shifts) for j, b in enumerate(shifts)}
    assert all(near[i, j] for group in groups for i in group for j in group)
    alone = set(range(len(shifts))) - {i for group in groups for i in group}
    assert not any(near[i, j] for i in alone for j in alone if i != j)
    assert not any(all(near[i, j] for j in group) for i in alone for group in groups)
