"""What a folder may say at most, and what is just too much."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leaderboard.exchange import archive
from leaderboard.records.results import Board, Published, TaskResult
from tests.leaderboard.hand_board import hand_task
from tests.leaderboard.shared_board import FACTS


def task(name: str = "t") -> TaskResult:
    return hand_task(["b", "a"], name=name, seeds=1, published=(Published("r", "p", "c", "n"),), notes=("µ",))


def folder(path: Path, *tasks: TaskResult) -> Path:
    nothing = pd.DataFrame()
    board = Board(**FACTS, tasks=tasks, scores=nothing, details=nothing, pairs=nothing, further={}, resamples=7)
    archive.write(archive.pack(board), path, {"suite": "apl", "note": "µ"})
    return path


def told(path: Path, **changes: object) -> dict:
    facts = archive.read_json(path / "board.json")
    for key, value in changes.items():
        (facts["tasks"][0] if key in facts["tasks"][0] else facts)[key] = value
    (path / "board.json").write_text(json.dumps(facts))
    return archive.unpack(path)[0]


def test_rows_are_sorted_but_for_the_plan_and_a_manifest_is_read_by_people(tmp_path: Path) -> None:
    path = folder(tmp_path, task("u"), task())
    assert pd.read_parquet(path / "trials.parquet")["entry"].tolist() == ["b", "b", "a", "a"] * 2
    rows = pd.read_parquet(path / "predictions.parquet")
    keys = ["task", "entry", "seed", "fold", "role", "specimen"]
    assert list(rows) == [*keys, "domain", "p0", "p1", "p2", "patient", "y"]
    assert rows.equals(rows.sort_values(keys, ignore_index=True)) and set(rows["task"]) == {"t", "u"}
    assert pq.ParquetFile(path / "predictions.parquet").metadata.row_group(0).column(0).compression == "ZSTD"
    facts, tasks = archive.unpack(path)
    assert facts["resamples"] == 7 and [one.name for one in tasks] == ["u", "t"]
    assert all(list(one.predictions.index) == list(range(16)) for one in tasks)
    assert (tasks[1].published, tasks[1].notes, tasks[1].classes) == (task().published, ("µ",), ("K", "L", "M"))
    manifest = archive.read_json(path / "manifest.json")
    assert manifest["files"] == {name: hashlib.sha256((path / name).read_bytes()).hexdigest()
                                 for name in ("board.json", "predictions.parquet", "trials.parquet")}  # fmt: skip
    for name in ("manifest.json", "board.json"):
        text = (path / name).read_text()
        assert "µ" in text and text.endswith("}\n") and list(json.loads(text)) == sorted(json.loads(text))


def test_files_may_lie_in_folders(tmp_path: Path) -> None:
    archive.write({"deep/er/a.txt": b"a", "b.txt": b"b"}, tmp_path, {})
    assert archive.changed_files(tmp_path) == []
    (tmp_path / "deep/er/a.txt").write_bytes(b"c")
    (tmp_path / "b.txt").unlink()
    assert archive.changed_files(tmp_path) == ["b.txt is missing", "deep/er/a.txt differs from the manifest"]


@pytest.mark.parametrize(
    ("change", "is_read"),
    [
        ({"resamples": 1}, True), ({"resamples": 100_000}, True), ({"resamples": 100_001}, False),
        ({"schema": 1}, True), ({"schema": 2}, False), ({"schema": 0}, False), ({"positive": 1.0}, False),
        ({"abstain_cost": 0.5}, True), ({"abstain_cost": float("nan")}, False), ({"level": "specimen"}, True),
        ({"level": "cell"}, False), ({"costs": [[0.0, 1.0]]}, True), ({"costs": [[float("inf")]]}, False),
        ({"fold_names": {"123456789": "a"}}, True), ({"fold_names": {"1234567890": "a"}}, False),
        ({"generated": 1}, False),
    ],
)  # fmt: skip
def test_facts_at_their_limits(tmp_path: Path, change: dict, is_read: bool) -> None:
    path = folder(tmp_path, task())
    if is_read:
        assert told(path, **change)["suite"] == "apl"
    else:
        with pytest.raises(archive.ArchiveError, match=next(iter(change))):
            told(path, **change)


@pytest.mark.parametrize(
    ("facts", "is_read"),
    [
        ({"files": {}, "suite": "A" * 200}, True), ({"files": {}, "suite": "A" * 201}, False),
        ({"files": {}, "suite": ".a"}, False), ({"files": {}, "more": 1}, True), ({"suite": "a"}, False),
        ({"files": {"x" * 255: "0"}}, True), ({"files": {"x" * 256: "0"}}, False), ({"files": {"a/../b": "0"}}, False),
    ],
)  # fmt: skip
def test_a_manifest_at_its_limits(tmp_path: Path, facts: dict, is_read: bool) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(facts))
    if is_read:
        assert archive.changed_files(tmp_path) == [f"{name} is missing" for name in facts["files"]]
    else:
        with pytest.raises(archive.ArchiveError, match=r"^manifest\.json lists"):
            archive.changed_files(tmp_path)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("status", 1, "column status holds int64, not text"),
        ("error", None, "column error"),
        ("seconds", "x", "column seconds holds .*, not numbers"),
        ("fold", 0.5, "column fold holds float64, not whole numbers"),
        ("xseconds", "x", None), ("secondsx", "x", None), ("p1x", "x", None), ("q", "x", None),
        ("q11", "x", "column q11 holds .*, not numbers"),
    ],
)  # fmt: skip
def test_columns_hold_what_is_computed_with_them(tmp_path: Path, column: str, value: object, said: str | None) -> None:
    path = folder(tmp_path, task()) / "trials.parquet"
    pd.read_parquet(path).assign(**{column: value}).to_parquet(path)
    if said is None:
        archive.unpack(tmp_path)
        return
    with pytest.raises(archive.ArchiveError, match=rf"^trials\.parquet: {said}"):
        archive.unpack(tmp_path)


def test_one_empty_cell_of_a_text_is_named(tmp_path: Path) -> None:
    path = folder(tmp_path, task()) / "trials.parquet"
    pd.read_parquet(path).assign(error=["", "", None, ""]).to_parquet(path)
    with pytest.raises(archive.ArchiveError, match=r"^trials\.parquet: column error has empty cells"):
        archive.unpack(tmp_path)


def test_a_column_that_is_there_twice_or_lost_is_named(tmp_path: Path) -> None:
    path = folder(tmp_path, task()) / "trials.parquet"
    kept = pq.read_table(path)
    pq.write_table(pa.table([*kept.columns, kept["seed"]], names=[*kept.column_names, "fold"]), path)
    with pytest.raises(archive.ArchiveError, match=r"^trials\.parquet "):
        archive.unpack(tmp_path)
    pq.write_table(kept.drop_columns(["stale", "tuned"]), path)
    with pytest.raises(archive.ArchiveError, match=r"^trials\.parquet lacks .* \['stale', 'tuned'\] of task 't'"):
        archive.unpack(tmp_path)
    pq.write_table(kept.drop_columns(["task"]), path)
    with pytest.raises(archive.ArchiveError, match=r"^trials\.parquet lacks the columns \['task'\]$"):
        archive.unpack(tmp_path)
