"""A table that cannot be scored is refused with the first row that is wrong; one at the limit is taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leaderboard.records.check import ResultError, check
from leaderboard.records.results import TaskResult
from tests.leaderboard.held_out_task import rows, task_of

Change = Callable[[TaskResult], TaskResult]
Y = np.array([0, 1, 2, 0])
PROBA = np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.4, 0.3, 0.3]])


def task(n_unseen: int = 2) -> TaskResult:
    """Return two entries on four patients and, unless none are wanted, two patients of an unseen class."""
    tests = pd.concat([rows(entry, "test", Y, PROBA) for entry in ("a", "b")], ignore_index=True)
    ood = pd.concat([rows(e, "ood:Z", np.full(n_unseen, -1), PROBA[:n_unseen]) for e in ("a", "b")], ignore_index=True)
    return replace(task_of(tests), ood=ood)


def where(table: pd.DataFrame, at: list[int], column: str, value: object) -> pd.DataFrame:
    changed = table.copy()
    changed[column] = changed[column].astype(object)
    for i in at:
        changed.loc[i, column] = value
    return changed if value is None or isinstance(value, str) else changed.infer_objects()


def with_cell(column: str, value: object, at: tuple[int, ...] = (1, 6)) -> Change:
    return lambda t: replace(t, predictions=where(t.predictions, list(at), column, value))


def unseen(column: str, value: object, at: tuple[int, ...] = (1, 3)) -> Change:
    return lambda t: replace(t, ood=where(t.ood, list(at), column, value))


def trials(column: str, value: object, at: tuple[int, ...]) -> Change:
    return lambda t: replace(t, trials=where(t.trials.reset_index(drop=True), list(at), column, value))


def refused(given: TaskResult) -> str:
    """Return why a task is refused, numbers without their type."""
    with pytest.raises(ResultError) as caught:
        check(given)
    return re.sub(r"np\.\w+\(([^)]*)\)", r"\1", str(caught.value))


def test_a_sound_task_is_taken_with_and_without_unseen_classes() -> None:
    check(task())
    check(task(0))
    check(replace(task(), ood=None))
    check(with_cell("role", "test:B", (0, 4))(task()))
    check(with_cell("p1", 0.5 + 9e-7, (1, 5))(task()))


@pytest.mark.parametrize("status", ["failed", "missing", "not-applicable", "same-as"])
def test_what_is_not_done_has_no_predictions(status: str) -> None:
    holed = trials("status", status, (1,))(task(0))
    kept = holed.predictions[holed.predictions["entry"] == "a"]
    check(replace(holed, predictions=kept))
    assert "predictions of a trial that is not done: entry, seed, fold = ('b', 0, 0)" in refused(holed)


FIRST = r"'entry': 'a', 'seed': 0, 'fold': 0, 'role': 'test', 'specimen': 'test-00001'"
UNSEEN = r"'entry': 'a', 'seed': 0, 'fold': 0, 'role': 'ood:Z', 'specimen': 'ood:Z-00001'"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: replace(t, classes=("A",)), r"classes \('A',\); give at least two"),
        (lambda t: replace(t, positive=0), r"3 classes and positive=0"),
        (lambda t: replace(t, classes=("A", "B")), r"2 classes and positive=None"),
        (lambda t: replace(t, classes=("A", "B"), positive=2), r"2 classes and positive=2"),
        (lambda t: replace(t, trials=t.trials.drop(columns=["error", "seed"])), r"trials .* \['seed', 'error'\]"),
        (lambda t: replace(t, predictions=t.predictions.drop(columns="p2")), r"^predictions .* \['p2'\]"),
        (lambda t: replace(t, ood=t.ood.drop(columns=["domain", "p0"])), r"^ood predictions .* \['domain', 'p0'\]"),
        (lambda t: replace(t, ood=t.ood.iloc[:0].drop(columns="p0")), r"^ood predictions .* \['p0'\]"),
        (trials("status", "fine", (0,)), r"the status \['fine'\]; choices"),
        (lambda t: replace(t, trials=pd.concat([t.trials, t.trials])), r"a trial twice: {'entry': 'a', 'seed': 0, 'f"),
        (lambda t: replace(t, predictions=t.predictions.iloc[:4]), r"done without predictions: .* = \('b', 0, 0\)"),
        (with_cell("patient", None), rf"^a prediction .* has an empty cell: {{{FIRST}, 'patient': None"),
        (with_cell("specimen", "test-00000", (1, 5)), r"has a prediction twice: .*'specimen': 'test-00000'}"),
        (with_cell("role", "tests"), r"neither 'test' nor .*'role': 'tests', 'specimen': 'test-00001'"),
        (with_cell("role", "test:"), r"neither 'test' nor .*'role': 'test:'"),
        (with_cell("role", "a test"), r"neither 'test' nor .*'role': 'a test'"),
        *((with_cell("role", f"test:{name}"), r"its domain is one of") for name in ("in-domain", "all shifted")),
        (with_cell("role", "test:worst domain"), r"its domain is one of"),
        (with_cell("p0", np.nan), rf"^probabilities .* in 2 rows, first: {{{FIRST}}}, p=\[nan 0\.5 0\.3\]"),
        (with_cell("p0", np.inf), r"not finite"),
        (with_cell("p0", 0.2 + 2e-6), rf"sum to 1 in 2 rows, first: {{{FIRST}}}"),
        (with_cell("p0", 0.2 - 2e-6), r"sum to 1 in 2 rows"),
        (lambda t: with_cell("p1", 0.8)(with_cell("p0", -0.1)(t)), rf"not in \[0, 1\] .* in 2 rows, .*{FIRST}"),
        (with_cell("y", 3), rf"class index 0\.\.2: {{{FIRST}, 'y': 3"),
        (with_cell("y", -1), r"class index 0\.\.2"),
        (with_cell("y", 0, (5,)), r"two patients, domains or labels: {'specimen': 'test-00001', 'entry': 'b'}"),
        (with_cell("patient", "x", (5,)), r"two patients, domains or labels: {'specimen': 'test-00001', 'entry': 'b'}"),
        (with_cell("domain", "x", (5,)), r"two patients, domains or labels: {'specimen': 'test-00001', 'entry': 'b'}"),
        (unseen("patient", None), rf"^an ood prediction .* has an empty cell: {{{UNSEEN}"),
        (unseen("specimen", "ood:Z-00000"), r"has an ood prediction twice"),
        (unseen("p0", 0.3), rf"^ood probabilities .* in 2 rows, first: {{{UNSEEN}}}"),
        (unseen("role", "ood:Y", (3,)), r"two patients, domains or unseen classes: {'specimen': 'ood:Z-00001', 'entr"),
        (unseen("role", "test"), r"a role that is not 'ood:<class>' .*'role': 'test'"),
        (unseen("role", "ood:"), r"a role that is not 'ood:<class>'"),
        (unseen("role", "ood:B"), r"a class other than \('A', 'B', 'C'\)"),
        (unseen("y", 0), rf"a y that is not -1: {{{UNSEEN}, 'patient': 'ood:Z-00001', 'y': 0"),
        (lambda t: unseen("role", "ood:Y")(unseen("patient", "x", (0, 1, 2, 3))(t)), r"a patient of two unseen class"),
        (unseen("patient", "test-00000"), r"who is also tested as one of a known class"),
        (unseen("specimen", "test-00000"), r"a specimen that is also tested as a known class"),
        (unseen("seed", 1), r"a row of a trial that is not done: .*'seed': 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_first_row(change: Change, said: str) -> None:
    assert re.search(said, refused(change(task())))
