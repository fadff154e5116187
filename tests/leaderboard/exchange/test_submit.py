"""What keeps a submission of a few rows off a board, reason by reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leaderboard.exchange import archive
from leaderboard.exchange.submit import NoResults, judge_submission, submission
from leaderboard.records.results import Board, TaskResult
from tests.leaderboard.held_out_task import rows, task_of
from tests.leaderboard.shared_board import FACTS

Y, PROBA = np.array([0, 1, 2, 0]), np.array([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.4, 0.3, 0.3]])
HASHES = {"data": {"t": "d"}, "splits": {"t": "s"}}


def task(*entries: str, seeds: int = 2, name: str = "t", classes: tuple[str, ...] = ("Z",)) -> TaskResult:
    cells = [(entry, seed) for entry in entries for seed in range(seeds)]
    tests = pd.concat([rows(entry, "test", Y, PROBA, seed=seed) for entry, seed in cells], ignore_index=True)
    unseen = [rows(e, f"ood:{c}", np.full(2, -1), PROBA[:2], seed=s) for e, s in cells for c in classes]
    ood = pd.concat(unseen, ignore_index=True) if unseen else None
    return replace(task_of(tests), name=name, ood=ood)


def board(*tasks: TaskResult) -> Board:
    nothing = pd.DataFrame()
    return Board(**FACTS, tasks=tasks, scores=nothing, details=nothing, pairs=nothing, further={})


@pytest.fixture
def published(tmp_path: Path) -> Path:
    archive.write(archive.pack(board(task("a", "b"))), tmp_path / "board", HASHES)
    return tmp_path / "board"


def judged(published: Path, *tasks: TaskResult, entry: str = "new", facts: dict = HASHES) -> list[str]:
    given = published.parent / "given"
    archive.write(archive.pack(board(*tasks)), given, {**facts, "entry": entry})
    return judge_submission(given, published)


def moved(given: TaskResult, part: str, **values: object) -> TaskResult:
    """Return the task with other values in the last row of each seed."""
    table = getattr(given, part).copy()
    last = [table.index[table["seed"] == seed][-1] for seed in table["seed"].unique()]
    for column, value in values.items():
        table.loc[last, column] = value
    return replace(given, **{part: table})


def test_what_fits_is_taken_in(published: Path) -> None:
    assert judged(published, task("new")) == []
    assert judged(published, task("new", seeds=1)) == []


def test_tasks_that_the_board_lacks_and_no_task_at_all(published: Path) -> None:
    told = judged(published, task("new", name="u"), moved(task("new"), "predictions", specimen="x"))
    assert told[0] == "task 'u' is not on the board" and all(line.startswith("task 't': ") for line in told[1:])
    assert len(told) == 5
    given = published.parent / "given"
    files = archive.pack(board(task("new")))
    none = json.dumps({**json.loads(files["board.json"]), "tasks": []}).encode()
    archive.write({**files, "board.json": none}, given, HASHES)
    assert judge_submission(given, published) == ["it holds no task"]


def test_cells_that_are_not_those_of_the_board_are_named_by_seed(published: Path) -> None:
    first = "first: {'fold': 0, 'role': 'test', 'specimen': "
    told = judged(published, moved(task("new"), "predictions", specimen="a-first"))
    assert [line.partition("'patient'")[0] for line in told] == [
        f"task 't': another split: seed {seed} {words} of 1 predictions, {first}'{name}', "
        for seed in (0, 1)
        for words, name in (("says what the board does not", "a-first"), ("lacks", "test-00003"))
    ]
    several = task("new")
    changed = several.predictions.assign(domain="B")
    told = judged(published, replace(several, predictions=changed))
    assert len(told) == 4 and all(" of 4 predictions, first: " in line and "'test-00000'" in line for line in told)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (replace(task("new"), ood=None), ["it predicts the unseen classes [], the board has ['ood:Z']; run the entry "
                                          "on the board's task"]),
        (task("new", classes=("Z", "Y")), ["it predicts the unseen classes ['ood:Y', 'ood:Z'], the board has "
                                           "['ood:Z']; run the entry on the board's task"]),
        (replace(task("new"), classes=("A", "B", "D")), ["classes are ('A', 'B', 'D') (None), the board has "
                                                         "('A', 'B', 'C') (None)"]),
        (task("other"), ["it holds the entries ['other'], its manifest says 'new'"]),
        (task("new", "other"), ["it holds the entries ['new', 'other'], its manifest says 'new'"]),
    ],
)  # fmt: skip
def test_one_reason_is_given_where_one_is_enough(published: Path, given: TaskResult, said: list[str]) -> None:
    assert judged(published, given) == [f"task 't': {reason}" for reason in said]


def test_rows_of_unseen_classes_are_compared_too(published: Path) -> None:
    told = judged(published, moved(task("new"), "ood", domain="B"))
    assert len(told) == 4 and all("another split: seed " in line and "'role': 'ood:Z'" in line for line in told)
    assert judged(published, moved(task("new"), "predictions", p0=0.9))[0].startswith("task 't': probabilities of task")


def test_facts_that_are_not_those_of_the_board(published: Path) -> None:
    told = judged(published, task("new"), facts={"data": {"t": "x"}, "splits": ["s"]})
    assert told == [
        "task 't': made on another dataset: x where the board has d",
        "task 't': made on another split: None where the board has s",
    ]


def test_a_submission_holds_the_tasks_that_have_results(tmp_path: Path) -> None:
    lost = task("new", name="lost")
    lost = replace(lost, predictions=lost.predictions.iloc[:0], trials=lost.trials.assign(status="missing"))
    submission(board(task("new", "a"), lost, task("a", name="without")), "new", tmp_path, HASHES)
    facts, tasks = archive.unpack(tmp_path)
    assert [(one.name, one.entries) for one in tasks] == [("t", ("new",))] and facts["suite"] == "apl"
    assert archive.read_manifest(tmp_path).entry == "new" and archive.changed_files(tmp_path) == []


def test_an_entry_that_is_another_there_is_told_to_submit_that(tmp_path: Path) -> None:
    def twin(row: str, name: str) -> TaskResult:
        given = task("a", "b", "new", name=name)
        mine = given.trials["entry"] == "new"
        trials = given.trials.assign(status=given.trials["status"].mask(mine, "same-as"), error=row)
        return replace(given, trials=trials, predictions=given.predictions[given.predictions["entry"] != "new"])

    both = board(twin("b", "t"), twin("a", "u"), twin("b", "v"))
    with pytest.raises(NoResults) as caught:
        submission(both, "new", tmp_path, {})
    assert str(caught.value) == (
        "entry 'new' has no results in suite 'apl'; it is the same model as a and b there: submit that"
    )
    with pytest.raises(NoResults) as caught:
        submission(both, "nobody", tmp_path, {})
    assert str(caught.value) == "entry 'nobody' has no results in suite 'apl'"
