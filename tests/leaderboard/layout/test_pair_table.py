"""The table of pairs, cell by cell, of pairs that were written down by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leaderboard.layout.pair_table import pair_table
from tests.leaderboard.written_board import check_table, hand_task, hand_view, texts

NAN, INF = float("nan"), float("inf")
SHARES = ["p_permutation", "p_holm", "p_delong", "p_corrected_t", "chance_a_worse", "chance_same", "chance_a_better"]


def test_every_cell_says_what_the_pair_is() -> None:
    rows = [
        ("t", "A", "a", "b", 0.12345, 0.01, 0.2, *(0.011, 0.022, 0.033, 0.044, 0.055, 0.066, 0.879), 1234.6),
        ("t", "A", "b", "c", -0.0004, NAN, NAN, *(0.001, 0.00099, NAN, NAN, NAN, NAN, NAN), INF),
        ("t", "A", "a\n", "c", -0.5, -0.6, -0.4, *(1.0, 0.0, 0.5, 0.5, 0.5, 0.5, 0.0), NAN),
        ("t", "A", "c", "d", 0.0, -0.1, 0.1, *(0.5,) * 7, 1_000_000.0),
        ("other", "B", "a", "b", 0.9, 0.8, 1.0, *(0.5,) * 7, 3.0),
    ]
    columns = ["task", "test_set", "a", "b", "difference", "low", "high", *SHARES, "patients_needed"]
    pairs = pd.DataFrame(rows, columns=columns)
    one = ("A", "balanced_accuracy", "a")
    table = pair_table(hand_view(hand_task("t", "abcd"), {one: (0.5, 0.4, 0.6, 1)}, pairs=pairs))
    check_table(table)
    assert table.title == "t, pairs, A"
    assert [column.header for column in table.columns] == [
        "a", "b", "a − b", "p", "p, Holm", "p, DeLong", "p, corrected t", "a worse", "same", "a better",
        "patients to part",
    ]  # fmt: skip
    assert texts(table) == [
        ["a", "b", "+0.123", "0.011", "0.022", "0.033", "0.044", "0.055", "0.066", "0.879", "1,235"],
        ["b", "c", "+0.000", "0.001", "< .001", "–", "–", "–", "–", "–", "more than 1,000,000"],
        ["a", "c", "-0.500", "1.000", "< .001", "0.500", "0.500", "0.500", "0.500", "< .001", "–"],
        ["c", "d", "+0.000", *["0.500"] * 7, "1,000,000"],
    ]
    assert [row[2].interval for row in table.rows] == ["[+0.010, +0.200]", "", "[-0.600, -0.400]", "[-0.100, +0.100]"]
    assert [row[2].order for row in table.rows] == [0.12345, -0.0004, -0.5, 0.0]
    assert [row[4].order for row in table.rows] == [0.022, 0.00099, 0.0, 0.5]
    assert [row[-1].order for row in table.rows] == [1234.6, 1_000_001, None, 1_000_000]
    both = pairs.assign(test_set=np.where(pairs["a"] == "a", "A", "C"))
    assert pair_table(hand_view(hand_task("t", "ab"), {one: (0.5, 0.4, 0.6, 1)}, pairs=both)).title == "t, pairs, A, C"
