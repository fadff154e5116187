"""Claims are judged by intervals, and printed beside what makes them weak."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leaderboard.verdicts.claims import CLAIMS, claim_table
from tests.leaderboard.fake_board import FAMILIES, fake_task, fake_tasks
from tests.leaderboard.shared_board import board_without_further


@pytest.fixture(scope="module")
def table():
    return claim_table(board_without_further(*fake_tasks(), resamples=200))


def test_each_verdict_follows_from_its_interval(table):
    limits = {CLAIMS[0].name: 0.9804, CLAIMS[1].name: 0.95, CLAIMS[2].name: 0.7, CLAIMS[3].name: 0.0}
    for row in table.to_dict("records"):
        at = limits[row["claim"]]
        expected = "holds" if row["low"] > at else "fails" if row["high"] < at else "open"
        assert row["verdict"] == expected
        assert row["low"] <= row["value"] <= row["high"]


def test_claims_of_many_classes_are_not_tested_on_two(table):
    assert "apl-jhu" not in set(table.loc[table["claim"].isin([CLAIMS[0].name, CLAIMS[1].name]), "task"])
    assert set(table.loc[table["claim"] == CLAIMS[2].name, "task"]) == {"apl-jhu"}


def test_f1_is_printed_beside_that_of_calling_everybody_positive(table):
    assert table.loc[table["claim"] == CLAIMS[2].name, "beside"].str.startswith("always positive f1").all()


@pytest.mark.parametrize(("skills", "verdict"), [((4.0, 0.4), "holds"), ((0.4, 4.0), "fails"), ((2.0, 2.0), "open")])
def test_fusion_is_compared_with_the_best_simple_entry_on_the_same_patients(skills, verdict):
    names = dict(zip(("fusion-gnn", "xgboost"), skills, strict=True))
    task = fake_task(skill={"prior": 0.0, **names}, failed=None, n=200, seeds=1)
    found = claim_table(board_without_further(replace(task, families=FAMILIES), resamples=200))
    rows = found[found["claim"] == CLAIMS[3].name]
    assert rows["verdict"].tolist() == [verdict]
