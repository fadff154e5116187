"""A board written by hand on the terminal: layout, what is left out where it is narrow, and colours."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from leaderboard.formats.terminal import _print_table, _text, show
from leaderboard.scores.tables import BANNER, Cell, Column, Table
from tests.leaderboard.hand_board import hand_task, hand_view, score

TABLE = Table(
    "title",
    (Column("tie", "m"), Column("entry name", "m", numeric=False), Column("long metric", "m", "in domain"),
     Column("late", "m", "B", optional=True), Column("later", "m", optional=True), Column("flags", "m", numeric=False)),
    ((Cell("1"), Cell("a"), Cell("0.500", "[0.400, 0.600]"), Cell("0.1"), Cell("0.2"), Cell("hole, stale")),
     (Cell("2"), Cell("b [x, y]"), Cell("n/a"), Cell("0.3"), Cell("0.4"), Cell(""))),
)  # fmt: skip


def printed(table: Table, width: int) -> str:
    out = io.StringIO()
    _print_table(table, Console(file=out, width=width))
    return out.getvalue()


def test_columns_are_narrow_and_numbers_stand_to_the_right() -> None:
    assert printed(TABLE, 100).splitlines() == [
        "                   long                    ",
        "                 metric                    ",
        "     entry           in  late              ",
        "tie  name        domain     B  later  flags",
        "───────────────────────────────────────────",
        "  1  a            0.500   0.1    0.2  hole ",
        "            0.400–0.600               stale",
        "  2  b [x,          n/a   0.3    0.4       ",
        "     y]                                    ",
    ]
    assert "…" not in printed(TABLE, 18)  # too narrow for a word: it is folded


def test_optional_columns_are_left_out_from_the_right_and_named() -> None:
    widths = {width: printed(TABLE, width) for width in range(20, 60)}
    told = {"": [], "later": [], "late, B; later": []}
    for width, text in widths.items():
        joined = " ".join(text.split())
        _, _, rest = joined.partition("Too narrow for: ")
        told[rest.removesuffix(". They are in the files.")].append(width)
    assert min(told[""]) == max(told["later"]) + 1 and min(told["later"]) == max(told["late, B; later"]) + 1
    least = min(told[""])
    assert max(len(line.rstrip()) for line in widths[least].splitlines()) <= least
    assert "0.1" in widths[min(told["later"])] and "0.2" not in widths[min(told["later"])]


def test_intervals_lists_and_names_in_a_cell() -> None:
    assert _text(Cell("0.5", "[0.4, 0.6]")).plain == "0.5\n0.4–0.6"
    assert _text(Cell("0.5", "[0.4, 0.6]")) == Text.assemble("0.5", "\n", ("0.4–0.6", "dim"))
    assert _text(Cell("hole, stale")).plain == "hole\nstale" and _text(Cell("a [x, y]")).plain == "a [x,\ny]"


def test_what_is_printed_of_a_task_and_in_which_colour() -> None:
    task = replace(hand_task(["a\x1b", "b"], seeds=1), generated=True)
    told = {("a\x1b", "in-domain", "balanced_accuracy"): score(0.5, 1), ("b", "in-domain", "nll"): score(0.25)}
    out = io.StringIO()
    show(hand_view(task, told).board, Console(file=out, width=250, force_terminal=True, color_system="standard"))
    lines = out.getvalue().splitlines()

    def style(start: str) -> str:
        (line,) = (line for line in lines if Text.from_ansi(line).plain.startswith(start))
        return line.partition(start)[0]

    assert lines[0] == ""
    assert style("t: title of t") == "\x1b[1m" and style(BANNER) == "\x1b[1;33m"
    assert style("in-domain: 3 patients, 4 specimens") == style("[low, high]: 95 %") == style("a is alone in") == ""
    assert style("Warning: One seed") == style("Warning: Controls not run") == "\x1b[33m"
    assert style("suite apl, profile quick, commit abc1234, 2026-11-22. Not for clinical use.") == "\x1b[2m"
    assert style("NLL counts a probability below 1e-06") == "\x1b[2m"
    order = [i for start in ("t: title", "in-domain: 3", "[low, high]", "a is alone", "Warning: Controls", "Above each")
             for i, line in enumerate(lines) if Text.from_ansi(line).plain.startswith(start)]  # fmt: skip
    assert order == sorted(order) and len(order) == 6
    recorded = replace(task, generated=False)
    again = io.StringIO()
    show(hand_view(recorded, told).board, Console(file=again, width=250))
    assert BANNER not in again.getvalue() and "0.400–0.600" in again.getvalue()
