"""A board on disk comes back as it was, with the same bytes each time; what is torn or foreign is named."""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from leaderboard.boards.board import build
from leaderboard.exchange import archive
from leaderboard.records.results import Board, TaskResult
from tests.leaderboard.fake_board import fake_task

FACTS = {"suite": "s", "title": "t", "profile": "quick", "commit": "c", "date": "2026-01-01", "command": "x"}
SKILL = {"prior": 0.0, "xgboost": 2.0}


def rich_task() -> TaskResult:
    """Return a task with every optional field; some of its names are hostile."""
    task = fake_task(n=40, skill=SKILL, failed=None, seeds=1)
    whole = task.predictions
    inside = whole[whole["role"] == "test"]
    specimens = pd.DataFrame({"specimen": sorted(set(whole["specimen"]))})
    specimens["age_band"] = [""] * (len(specimens) - 2) + ["<40", "=1+1"]
    specimens["q0"] = np.linspace(0, 1, len(specimens))
    specimens.loc[0, "q0"] = np.nan
    trials = task.trials.assign(tuned=[None, *task.trials["tuned"][1:]], error=["NA", *task.trials["error"][1:]])
    return replace(
        task,
        trials=trials.assign(entry=trials["entry"].replace("xgboost", '=cmd|"x"!A1')),
        predictions=whole.assign(entry=whole["entry"].replace("xgboost", '=cmd|"x"!A1')),
        valid=inside.assign(
            role="valid", specimen="V" + inside["specimen"], patient="V" + inside["patient"]
        ).reset_index(drop=True),
        specimens=specimens,
        fold_names={0: "A", 1: "B"},
        costs=((0.0, 1.0, 2.0), (0.1, 0.0, 3.0), (1.0, 1.0, 0.0)),
        abstain_cost=0.7,
        ladder="apl",
        rung="slide",
        modality_predictions=whole.assign(modalities="images+genes"),
        ood=inside.assign(
            role="ood:STAT5B-RARA", specimen="U" + inside["specimen"], patient="U" + inside["patient"], y=-1
        ).reset_index(drop=True),
    )


@pytest.fixture(scope="module")
def board() -> Board:
    plain = fake_task("plain", n=40, skill=SKILL, failed=None, seeds=1, classes=("AML", "APL"), domains=("A", "B"))
    return build([rich_task(), plain], resamples=10, **FACTS)


@pytest.fixture
def folder(board, tmp_path):
    archive.write(archive.pack(board), tmp_path, {})
    return tmp_path


def sorted_rows(table: pd.DataFrame) -> pd.DataFrame:
    keys = [name for name in ("entry", "seed", "fold", "role", "specimen") if name in table]
    return table.sort_values(keys, ignore_index=True)


def test_round_trip(board, folder):
    facts, tasks = archive.unpack(folder)
    assert facts == {**FACTS, "resamples": 10}
    for before, after in zip(board.tasks, tasks, strict=True):
        for field in fields(TaskResult):
            was, now = getattr(before, field.name), getattr(after, field.name)
            if isinstance(was, pd.DataFrame):
                pd.testing.assert_frame_equal(sorted_rows(now), sorted_rows(was), check_dtype=False, check_like=True)
            else:
                assert now == was, field.name
    assert tasks[1].valid is None and tasks[1].specimens is None and tasks[1].modality_predictions is None


def test_trials_keep_the_plan_s_order_and_unknown_tuning(folder):
    task = archive.unpack(folder)[1][0]
    assert task.entries == ("prior", '=cmd|"x"!A1')
    assert task.trials["tuned"][0] is None and task.trials["error"][0] == "NA"


def test_what_was_read_packs_to_the_same_bytes(board, folder):
    again = archive.pack(replace(board, tasks=archive.unpack(folder)[1]))
    assert again == archive.pack(board)


def test_the_order_of_predictions_does_not_matter(board):
    mixed = [replace(t, predictions=t.predictions.sample(frac=1, random_state=0)) for t in board.tasks]
    assert archive.pack(replace(board, tasks=tuple(mixed))) == archive.pack(board)


def test_a_board_without_optional_tables_has_no_files_for_them(board):
    assert set(archive.pack(replace(board, tasks=board.tasks[1:]))) == {
        "board.json",
        "predictions.parquet",
        "trials.parquet",
    }


@pytest.mark.parametrize("name", sorted(archive.TABLES.values()))
@pytest.mark.parametrize("kept", [0, 0.5, 0.99])
def test_a_torn_parquet_file_is_named(folder, name, kept):
    path = folder / name
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    with pytest.raises(archive.ArchiveError, match=f"{name} cannot be read as Parquet"):
        archive.unpack(folder)


@pytest.mark.parametrize("name", ["board.json", "predictions.parquet"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(archive.ArchiveError, match=name):
        archive.unpack(folder)
    assert archive.changed_files(folder) == [f"{name} is missing"]


@pytest.mark.parametrize("column", ["p1", "patient", "task"])
def test_a_missing_column_is_named(folder, column):
    path = folder / "predictions.parquet"
    pd.read_parquet(path).drop(columns=column).to_parquet(path)
    with pytest.raises(archive.ArchiveError, match=f"predictions.parquet lacks the columns .*{column}"):
        archive.unpack(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told.update(schema=99), "schema 99"),
        (lambda told: told.pop("schema"), "schema None"),
        (lambda told: told.pop("tasks"), "tasks"),
        (lambda told: told["tasks"][0].pop("classes"), "classes"),
        (lambda told: told["tasks"][0]["columns"].update(other=["x"]), "other"),
        (lambda told: told.update(tasks=7), "lacks or misnames"),
    ],
)
def test_a_board_of_another_version_is_refused(folder, change, said):
    told = archive.read_json(folder / "board.json")
    change(told)
    (folder / "board.json").write_text(json.dumps(told))
    with pytest.raises(archive.ArchiveError, match=said):
        archive.unpack(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "7"])
def test_json_that_is_torn_or_no_object_is_refused(folder, text):
    (folder / "board.json").write_text(text)
    with pytest.raises(archive.ArchiveError, match=r"board\.json"):
        archive.unpack(folder)


@pytest.mark.parametrize("name", ["board.json", *sorted(archive.TABLES.values())])
def test_one_changed_byte_is_named(folder, name):
    assert archive.changed_files(folder) == []
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert archive.changed_files(folder) == [f"{name} differs from the manifest"]


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname"])
def test_a_manifest_cannot_point_outside(folder, name):
    (folder / "manifest.json").write_text(json.dumps({"files": {name: "0"}}))
    with pytest.raises(archive.ArchiveError, match="outside the folder"):
        archive.changed_files(folder)


@pytest.mark.parametrize("told", [{}, {"files": ["a"]}])
def test_a_manifest_without_files_is_refused(folder, told):
    (folder / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(archive.ArchiveError, match="lists no files"):
        archive.changed_files(folder)


def test_the_manifest_s_hashes_are_not_replaced_by_facts(board, tmp_path):
    archive.write({"a.txt": b"a"}, tmp_path, {"files": {}, "data": {"plain": "abc"}})
    assert archive.read_json(tmp_path / "manifest.json")["files"].keys() == {"a.txt"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told.update(resamples=10**9), "resamples: .*100000"),
        (lambda told: told.update(resamples=0), "resamples"),
        (lambda told: told.update(resamples="10"), "resamples"),
        (lambda told: told["tasks"][0].update(classes="ab"), r"tasks\.0\.classes"),
        (lambda told: told["tasks"][0].update(fold_names={"a": "b"}), r"tasks\.0\.fold_names"),
        (lambda told: told["tasks"][0].update(positive="1"), r"tasks\.0\.positive"),
        (lambda told: told["tasks"][0].update(costs=[[float("inf")]]), r"tasks\.0\.costs"),
    ],
)
def test_facts_of_another_kind_are_named_before_anything_is_computed(folder, change, said):
    told = archive.read_json(folder / "board.json")
    change(told)
    (folder / "board.json").write_text(json.dumps(told))
    with pytest.raises(archive.ArchiveError, match=f"board.json lacks or misnames {said}"):
        archive.unpack(folder)


@pytest.mark.parametrize(("length", "is_shown"), [(1, True), (58, True), (59, False), (500, False)])
def test_a_short_mistake_is_shown_and_a_long_one_is_not(folder, length, is_shown):
    """Quotes and all it may be 60 characters long."""
    told, wrong = archive.read_json(folder / "board.json"), "x" * length
    told["tasks"][0]["positive"] = wrong
    (folder / "board.json").write_text(json.dumps(told))
    with pytest.raises(archive.ArchiveError, match=r"tasks\.0\.positive: .*integer") as caught:
        archive.unpack(folder)
    assert (f", not '{wrong}'" in str(caught.value), ", not" in str(caught.value)) == (is_shown, is_shown)


@pytest.mark.parametrize(("column", "value"), [("role", 1), ("y", "a"), ("p0", "x"), ("seed", 0.5), ("patient", None)])
def test_columns_of_another_kind_are_named(folder, column, value):
    path = folder / "predictions.parquet"
    pd.read_parquet(path).assign(**{column: value}).to_parquet(path)
    with pytest.raises(archive.ArchiveError, match=f"predictions.parquet: column {column}"):
        archive.unpack(folder)


@pytest.mark.parametrize("name", ["board.json", "manifest.json", "predictions.parquet"])
def test_a_pipe_or_a_device_in_the_folder_is_never_waited_for(folder, name):
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to(path.name)):
        (folder / name).unlink()
        make(folder / name)
        if name == "manifest.json":
            with pytest.raises(archive.ArchiveError, match=name):
                archive.changed_files(folder)
            continue
        assert archive.changed_files(folder) == [f"{name} is missing"]
        with pytest.raises(archive.ArchiveError, match=name):
            archive.unpack(folder)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "a\\b"])
def test_a_manifest_lists_names_of_files_only(folder, name):
    (folder / "manifest.json").write_text(json.dumps({"files": {name: "0"}}))
    with pytest.raises(archive.ArchiveError, match="which is no file name"):
        archive.changed_files(folder)


def test_a_manifest_s_suite_is_no_path(folder):
    told = archive.read_json(folder / "manifest.json")
    (folder / "manifest.json").write_text(json.dumps({**told, "suite": "../../etc", "entry": "x"}))
    with pytest.raises(archive.ArchiveError, match="suite"):
        archive.read_manifest(folder)
