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


def test_only_the_named_task_set_and_metric_are_read():
    other = [SCORES.assign(value=0.1, **{column: "x"}) for column in ("task", "test_set", "metric")]
    more = SCORES.assign(metric="balanced_accuracy", value=[0.2, 0.6, 0.3, 0.4])
    table = pd.concat([*other, SCORES, more], ignore_index=True)
    lines = excerpt(table, [("u", "in-domain", "auroc"), ("t", "in-domain", "balanced_accuracy")]).splitlines()
    assert lines == [
        "| entry | u: auroc, in-domain | t: balanced accuracy, in-domain |",
        "| --- | --- | --- |",
        "| prior | 0.500 [0.500, 0.500] | 0.600 [0.500, 0.500] |",
        r"| a\|b | – | 0.200 [0.800, 0.950] |",
    ]
