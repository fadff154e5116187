"""Every pair of entries of a task as a table."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

from leaderboard.inference import MOST_PATIENTS
from leaderboard.scores import Cell, Column, Table, TaskView
from leaderboard.text import plain

COLUMNS = (
    Column("a", "One entry", numeric=False),
    Column("b", "The other", numeric=False),
    Column("a − b", "Difference; more than 0 speaks for a. 95 % interval, 99 % where one of the two has one seed"),
    Column("p", "Paired permutation test"),
    Column("p, Holm", "The same, corrected for the number of pairs"),
    Column("p, DeLong", "Two classes, one specimen a patient, one seed"),
    Column("p, corrected t", "Nadeau-Bengio test over folds"),
    Column("a worse", "Chance, Bayesian correlated t test"),
    Column("same", "Chance of less than one point"),
    Column("a better", "Chance, Bayesian correlated t test"),
    Column("patients to part", "Patients with whom this interval would exclude 0 at this difference"),
)
SHARES = ("p_permutation", "p_holm", "p_delong", "p_corrected_t", "chance_a_worse", "chance_same", "chance_a_better")
UNKNOWN = Cell("–")


def pair_table(view: TaskView) -> Table:
    """Return one row a pair; a dash where a test does not apply."""
    mine = view.board.pairs[view.board.pairs["task"] == view.task.name]
    rows = tuple(_row(pair) for pair in mine.to_dict("records"))
    where = ", ".join(plain(name) for name in mine["test_set"].unique())
    return Table(f"{plain(view.task.name)}, pairs, {where}", COLUMNS, rows)


def _row(pair: Mapping[Hashable, object]) -> tuple[Cell, ...]:
    a, b = plain(str(pair["a"])), plain(str(pair["b"]))
    gap, low, high = (float(str(pair[name])) for name in ("difference", "low", "high"))
    needed = float(str(pair["patients_needed"]))
    return (
        Cell(a, order=a),
        Cell(b, order=b),
        Cell(_signed(gap), "" if math.isnan(low) else f"[{low:+.3f}, {high:+.3f}]", gap),
        *(_share(float(str(pair[name]))) for name in SHARES),
        UNKNOWN if math.isnan(needed) else Cell(_patients(needed), order=min(needed, MOST_PATIENTS + 1)),
    )


def _signed(gap: float) -> str:
    return f"{round(gap, 3) + 0.0:+.3f}"  # what rounding made is no "-0.000"


def _patients(needed: float) -> str:
    return f"{needed:,.0f}" if math.isfinite(needed) else f"more than {MOST_PATIENTS:,}"


def _share(value: float) -> Cell:
    if math.isnan(value):
        return UNKNOWN
    return Cell("< .001" if value < 0.001 else f"{value:.3f}", order=value)
