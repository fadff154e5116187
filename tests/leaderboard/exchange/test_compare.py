"""What moved between two folders of a few patients: values, intervals, and what cannot be set side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leaderboard.exchange import archive
from leaderboard.exchange.compare import compare, only
from leaderboard.inference.bootstrap import interval, reach
from leaderboard.inference.ties import tie_reach
from leaderboard.measures.metrics import METRICS
from leaderboard.records import testsets
from leaderboard.records.results import Board, TaskResult
from leaderboard.scores.score import resampled
from tests.leaderboard.held_out_task import rows, task_of
from tests.leaderboard.shared_board import FACTS

Y = np.arange(24) % 3


def said(entry: str, wrong: Sequence[int], seed: int = 0) -> pd.DataFrame:
    called = np.where(np.isin(np.arange(24), wrong), (Y + 1) % 3, Y)
    return rows(entry, "test", Y, 0.1 + 0.7 * np.eye(3)[called], seed=seed)


def task(*parts: pd.DataFrame, name: str = "t", **changed: object) -> TaskResult:
    return replace(task_of(pd.concat(parts, ignore_index=True)), name=name, **changed)  # type: ignore[arg-type]


def folder(path: Path, *tasks: TaskResult) -> Path:
    nothing = pd.DataFrame()
    board = Board(**FACTS, tasks=tasks, scores=nothing, details=nothing, pairs=nothing, further={})
    archive.write(archive.pack(board), path, {})
    return path


def test_the_interval_is_that_of_the_paired_difference_of_a_thousand_resamples(tmp_path: Path) -> None:
    for seeds in ((0,), (0, 1)):
        old = [said("a", range(10 + s), s) for s in seeds]
        new = [said("a", range(2, 6), s) for s in (0, 1)]
        moved = compare(folder(tmp_path / f"old{len(seeds)}", task(*old)), folder(tmp_path / "new", task(*new)))
        (row,) = moved.to_dict("records")
        both = task(*(part.assign(entry="old") for part in old), *(part.assign(entry="new") for part in new))
        (inside,) = testsets.test_sets(both)
        was, now = resampled(both, inside, (METRICS["balanced_accuracy"],), 1000, 0)[:, 0]
        low, high = interval((now - was)[None, 1:], tie_reach(reach(inside.strata), len(seeds)))
        assert (row["task"], row["entry"], row["metric"]) == ("t", "a", "balanced_accuracy")
        assert (row["old"], row["new"], row["difference"]) == pytest.approx((was[0], now[0], now[0] - was[0]))
        assert (row["low"], row["high"]) == pytest.approx((low[0], high[0]))
        assert row["beyond_noise"] == (low[0] > 0 or high[0] < 0)


@pytest.mark.parametrize(
    ("before", "after", "beyond"), [((), range(12), True), (range(12), (), True), ([3], [4], False)]
)
def test_a_large_step_in_either_direction_is_beyond_noise(tmp_path: Path, before, after, beyond) -> None:
    moved = compare(folder(tmp_path / "a", task(said("a", before))), folder(tmp_path / "b", task(said("a", after))))
    assert moved["beyond_noise"].tolist() == [beyond]


def without(given: TaskResult, entry: str, status: str, error: str = "") -> TaskResult:
    out = given.trials["entry"] == entry
    trials = given.trials.assign(status=given.trials["status"].mask(out, status), error=error)
    return replace(given, trials=trials, predictions=given.predictions[given.predictions["entry"] != entry])


def test_what_is_left_out_and_what_has_no_interval(tmp_path: Path) -> None:
    old = task(said("lost", [1]), said("nowhere", [1]), said("gone", [1]), said("twin", [1]), said("row", [1, 2]))
    new = task(said("lost", [1]), said("nowhere", [1]), said("here", [1]), said("twin", [1]), said("row", [1, 2, 3, 4]))
    old, new = (without(given, "nowhere", "not-applicable") for given in (old, new))
    new = without(without(new, "lost", "not-applicable"), "twin", "same-as", "row")
    others = task(said("row", [1]), name="only-old"), task(said("row", [1]), name="only-new")
    table = compare(folder(tmp_path / "old", old, others[0]), folder(tmp_path / "new", new, others[1]))
    assert list(table) == ["task", "entry", "metric", "old", "new", "difference", "low", "high", "beyond_noise"]
    assert set(table["task"]) == {"t"} and table["entry"].tolist() == ["lost", "twin", "row"]
    lost, twin, row = table.to_dict("records")
    assert np.isnan([lost["new"], lost["difference"], lost["low"], lost["high"]]).all() and pd.isna(
        lost["beyond_noise"]
    )
    assert lost["old"] == pytest.approx(23 / 24) and twin["new"] == row["new"] == pytest.approx(20 / 24)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: replace(t, predictions=t.predictions.assign(specimen="x" + t.predictions["specimen"])),
        lambda t: replace(t, predictions=t.predictions.assign(domain="B")),
        lambda t: replace(t, predictions=t.predictions.assign(y=(t.predictions["y"] + 1) % 3)),
        lambda t: replace(t, classes=("A", "B", "D")),
    ],
)
def test_other_rows_or_classes_have_a_difference_and_no_interval(tmp_path: Path, change) -> None:
    given = task(said("a", [1]))
    (row,) = compare(folder(tmp_path / "a", given), folder(tmp_path / "b", change(given))).to_dict("records")
    assert row["difference"] == pytest.approx(row["new"] - row["old"])
    assert np.isnan([row["low"], row["high"]]).all() and pd.isna(row["beyond_noise"])


def test_two_classes_with_another_positive_one_have_no_interval(tmp_path: Path) -> None:
    y = np.arange(24) % 2
    chance = np.where(np.arange(24) % 5 == 0, 1 - y, y) * 0.6 + 0.2
    given = task(rows("a", "test", y, np.stack([1 - chance, chance], axis=1)))
    one, other = folder(tmp_path / "a", given), folder(tmp_path / "b", replace(given, positive=0))
    assert compare(one, other)["beyond_noise"].isna().all() and compare(one, one)["beyond_noise"].tolist() == [False]
    assert compare(one, one)["metric"].tolist() == ["auroc"]


def test_one_entry_alone_in_every_table() -> None:
    both = pd.concat([said("a", [1]), said("b", [2])], ignore_index=True)
    given = task(
        both, valid=both, modality_predictions=both.assign(modalities="x"), ood=both, families={"a": "x", "b": "y"}
    )
    found = only(given, "b")
    for part in ("predictions", "valid", "modality_predictions", "ood", "trials"):
        table = getattr(found, part)
        assert set(table["entry"]) == {"b"} and list(table.index) == list(range(len(table))) and len(table)
    assert found.families == {"b": "y"}
    bare = only(task(both), "a")
    assert bare.valid is None and bare.modality_predictions is None and bare.ood is None
