"""Strata by hand: five patients are enough, one patient never stands alone."""

from __future__ import annotations

import numpy as np
import pytest

from leaderboard.records.pooled import pooled


@pytest.mark.parametrize(
    ("told", "strata"),
    [
        ({"xa": 5, "xb": 5}, {"xa": 0, "xb": 1}),
        ({"xa": 5, "xb": 4}, {"xa": 0, "xb": 0}),
        ({"xa": 2}, {"xa": 0}),
        ({"xa": 1}, {"xa": 0}),
        ({"xa": 2, "xb": 2, "yb": 5, "ya": 9}, {"xa": 0, "xb": 0, "yb": 2, "ya": 1}),
        ({"xa": 1, "yb": 5, "ya": 9}, {"xa": 1, "yb": 1, "ya": 0}),  # the smallest other
        ({"xa": 1, "ya": 1, "za": 6}, {"xa": 0, "ya": 0, "za": 1}),
        ({"xa": 1, "ya": 1, "za": 1}, {"xa": 0, "ya": 0, "za": 0}),
        ({"xa": 1, "ya": 2, "za": 2}, {"xa": 0, "ya": 0, "za": 1}),
    ],
)
def test_who_is_drawn_with_whom(told: dict[str, int], strata: dict[str, int]) -> None:
    names = np.repeat(list(told), list(told.values()))
    order = np.random.default_rng(0).permutation(len(names))
    names = names[order]
    found = pooled(np.array([name[0] for name in names]), names)
    assert found.dtype == np.int64 and found.tolist() == [strata[name] for name in names]


def test_cells_of_one_name_in_two_classes_are_two_and_nobody_has_no_stratum() -> None:
    classes = np.repeat(["x", "y"], 6)
    assert pooled(classes, np.full(12, "a")).tolist() == [0] * 6 + [1] * 6
    assert pooled(np.array([], dtype=str), np.array([], dtype=str)).tolist() == []
