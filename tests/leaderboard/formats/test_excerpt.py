"""The front page's table holds what the long table holds."""

import pandas as pd
import pytest

from leaderboard.formats.excerpt import excerpt

SCORES = pd.DataFrame(
    {
        "task": ["t", "t", "u", "u"],
        "test_set": ["in-domain"] * 4,
        "metric": ["auroc"] * 4,
        "entry": ["a|b", "prior", "prior", "a|b"],
        "value": [0.9, 0.5, 0.5, float("nan")],
        "low": [0.8, 0.5, 0.5, float("nan")],
        "high": [0.95, 0.5, 0.5, float("nan")],
    }
)


def test_rows_are_sorted_by_the_first_column_and_holes_are_dashes():
    lines = excerpt(SCORES, [("t", "in-domain", "auroc"), ("u", "in-domain", "auroc")]).splitlines()
    assert lines[2] == r"| a\|b | 0.900 [0.800, 0.950] | – |"
    assert lines[3] == "| prior | 0.500 [0.500, 0.500] | 0.500 [0.500, 0.500] |"


def test_an_unknown_column_is_an_error():
    with pytest.raises(ValueError, match="'ece'"):
        excerpt(SCORES, [("t", "in-domain", "ece")])
