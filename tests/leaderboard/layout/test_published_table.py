"""Published figures are listed once each, in order, and say whether they compare."""

from __future__ import annotations

from leaderboard.layout.published_table import published_table
from leaderboard.records.results import Published
from tests.leaderboard.written_board import check_table, texts


def test_figures_are_listed_once_in_order() -> None:
    one = Published("AUC .9", "random split", "A 2020", "slides leak")
    two = Published("AUC .8\x1b", "by patient", "B 2021")
    table = published_table([two, one, two, one])
    check_table(table)
    assert [column.header for column in table.columns] == [
        "published result", "protocol", "may it be compared?", "citation",
    ]  # fmt: skip
    assert texts(table) == [
        ["AUC .8", "by patient", "comparable", "B 2021"],
        ["AUC .9", "random split", "not comparable, because slides leak", "A 2020"],
    ]
