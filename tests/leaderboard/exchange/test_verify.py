"""What differs between a table on disk and the one that is made, cell by cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaderboard.exchange.verify import _differences, _equal, _of_file

MADE = "task,test_set,metric,a,b,difference,p\nt,s,m,x,y,0.5,\nt,s,m,x,z,0.25,nan\n"


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ("0.5", "0.5000000005", True),
        ("0.5", "0.500000002", False),
        ("1000000", "1000000.001", False),  # an absolute tolerance
        ("", "", False),  # cells that are alike are not asked about
        ("x", "0.5", False),
        ("0.5", "", False),
    ],
)
def test_numbers_are_the_same_up_to_rounding(was: str, now: str, same: bool) -> None:
    assert _equal(was, now) == same


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (MADE, []),
        (MADE.replace("0.25", "0.2500000001"), []),
        (MADE.replace("0.25", "0.26"), ["t / s / m / x / z: difference is '0.26', the predictions give '0.25'"]),
        (MADE.replace("0.5,", "0.6,1"), ["t / s / m / x / y: difference is '0.6', the predictions give '0.5'",
                                         "t / s / m / x / y: p is '1', the predictions give ''"]),
        (MADE.replace(",p\n", ",q\n"), ["column p differs", "column q differs"]),
        (MADE.replace("x,z", "x,w"), ["t / s / m / x / w is not in the predictions", "t / s / m / x / z is missing"]),
        (MADE + "t,s,m,x,z,0.9,nan\n" * 2, ["t / s / m / x / z is there twice"]),
        (MADE.replace("metric,", "metrics,"), ["cannot be read as a table: \"None of ['metric'] are in the columns\""]),
        ("\n".join(reversed(MADE.split("\n")[1:3])).join([MADE.split("\n")[0] + "\n", "\n"]), []),
    ],
)  # fmt: skip
def test_each_difference_is_a_sentence(given: str, said: list[str]) -> None:
    wanted = [f"pairs.csv {line}" if line.startswith("cannot") else f"pairs.csv: {line}" for line in said]
    assert _differences("pairs.csv", given, MADE) == wanted


def test_files_are_compared_whole_unless_they_hold_numbers(tmp_path: Path) -> None:
    page, table = tmp_path / "leaderboard.md", tmp_path / "pairs.csv"
    assert _of_file(page, "a") == ["leaderboard.md is missing"]
    page.write_text("a")
    assert _of_file(page, "a") == [] and _of_file(page, "b") == ["leaderboard.md is not what the predictions give"]
    table.write_text(MADE.replace("0.25", "0.2500000001"))
    assert _of_file(table, MADE) == []
    table.write_bytes(MADE.replace("0.25", "0.3").encode() + b"\xff")
    assert "pairs.csv: t / s / m / x / z: difference is '0.3', the predictions give '0.25'" in _of_file(table, MADE)
