"""Cards and counts of claims, from verdicts that were written down by hand."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pandas as pd
import pytest

from leaderboard.records.results import Board
from leaderboard.verdicts.claims import CLAIMS
from tests.leaderboard.written_board import check_table, hand_board, hand_task, texts

page = import_module("leaderboard.layout.claims_page")  # the package has a function of that name
FIRST, SECOND, THIRD = (claim.name for claim in CLAIMS[:3])
NAN = float("nan")
UNTESTED = "not tested here, no task of this board fits it"


def verdict(claim: str, task: str, verdict: str, *, generated: bool = False, value: float = 0.5) -> dict[str, object]:
    facts = {"claim": claim, "task": task, "generated": generated, "test_set": "in-domain", "entry": "e"}
    figures = {"metric": "balanced_accuracy", "value": value, "low": value - 0.1, "high": value + 0.1}
    return {**facts, **figures, "verdict": verdict, "beside": "read me"}


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    rows = [
        *[verdict(FIRST, "honest", "holds")] * 3,
        *[verdict(FIRST, "honest", "fails")] * 2,
        verdict(FIRST, "honest", "open", generated=True),
        *[verdict(FIRST, "leaky", "holds", value=NAN)] * 4,
        *[verdict(FIRST, "leaky", "fails")] * 5,
        verdict(SECOND, "rung", "open"),
        verdict(SECOND, "honest", "holds"),
    ]
    monkeypatch.setattr(page, "claim_table", lambda _: pd.DataFrame(rows))
    leaky = hand_task("leaky", "e", flags=("leaky, for demonstration",))
    tasks = [hand_task("honest", "e"), leaky, hand_task("rung", "e", rung="slide")]
    return hand_board({task.name: {} for task in tasks}, tasks)


def test_verdicts_are_counted_and_those_of_leaky_splits_apart(board: Board) -> None:
    table = page.claims_summary(board)
    check_table(table)
    assert [column.header for column in table.columns] == ["claim", "holds", "fails", "open", "holds, leaky split"]
    assert texts(table)[:3] == [[FIRST, "3", "2", "1", "4"], [SECOND, "1", "0", "0", "0"], [THIRD, *"0000"]]
    lines = page.verdict_lines(board)
    assert list(lines) == [claim.name for claim in CLAIMS]
    assert lines[FIRST] == "holds on 3, fails on 2, open on 1 test sets; holds on 4 of a leaky split"
    assert lines[SECOND] == "holds on 1, fails on 0, open on 0 test sets" and lines[THIRD] == UNTESTED


def test_a_card_lists_every_row_of_its_claim(board: Board) -> None:
    told: dict[str, Any] = page.claims_page(board)
    cards = told["cards"]
    assert told["generated"] is True and [card["claim"] for card in cards] == list(CLAIMS)
    assert [card["id"] for card in cards] == [f"claim-{i}" for i in range(1, 1 + len(CLAIMS))]
    assert cards[2]["table"] is None and cards[2]["verdict"] == told["untested"] == UNTESTED
    table = cards[0]["table"]
    check_table(table)
    assert [column.header for column in table.columns] == [
        "task", "cohort and split", "test set", "verdict", "measured", "of", "entry", "read beside",
    ]  # fmt: skip
    rows = texts(table)
    assert len(rows) == 15 and len(cards[1]["table"].rows) == 2
    after = ["balanced accuracy", "e", "read me"]
    assert rows[0] == ["honest", "recorded", "in-domain", "holds", "0.500", *after]
    assert table.rows[0][4].interval == "[0.400, 0.600]"
    assert rows[5][:4] == ["honest", "generated", "in-domain", "open"]
    assert rows[6] == ["leaky", "recorded; leaky, for demonstration", "in-domain", "holds", "undefined", *after]
    assert texts(cards[1]["table"])[0][1] == "recorded; leaky, for demonstration"


def test_names_lead_to_their_cards_and_a_board_without_generated_cohorts_says_nothing(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.anchors()[FIRST] == "claims.html#claim-1" and page.anchors()[SECOND] == "claims.html#claim-2"
    monkeypatch.setattr(page, "claim_table", lambda _: pd.DataFrame([verdict(FIRST, "honest", "holds")]))
    assert page.claims_page(board)["generated"] is False
