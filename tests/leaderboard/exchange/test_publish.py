"""Publishing, verifying, comparing and submitting a board, with planted changes."""

from __future__ import annotations

import io
import re
import shutil
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from benchmark.commands import publishing
from benchmark.commands.publishing import rebuild
from benchmark.entries.registry import UsageError
from leaderboard.boards.board import build, write
from leaderboard.exchange import archive
from leaderboard.exchange.compare import compare
from leaderboard.exchange.publish import QualityError, publish
from leaderboard.exchange.submit import NoResults, judge_submission, submission
from leaderboard.exchange.verify import verify
from leaderboard.records.results import Board, TaskResult
from tests.leaderboard.fake_board import fake_task, with_controls

FACTS = {"suite": "s", "title": "t", "profile": "quick", "commit": "c", "date": "2026-01-01", "command": "x"}
HASHES = {"data": {"apl-sim": "d0"}, "splits": {"apl-sim": "s0"}}
SKILL = {"prior": 0.0, "xgboost": 2.0, "fusion-gnn": 1.0}


def clean_task(**changed: object) -> TaskResult:
    """Return a task that breaks no rule of quality, of one specimen a patient."""
    task = fake_task(**({"n": 36, "seeds": 2, "failed": None, "skill": SKILL} | changed))
    first = task.predictions.drop_duplicates(["entry", "seed", "fold", "role", "patient"])
    ran = replace(task, trials=task.trials.assign(tuned=True), predictions=first.reset_index(drop=True))
    return with_controls(ran)


def untuned(entry: str) -> TaskResult:
    task = clean_task()
    return replace(task, trials=task.trials.assign(tuned=task.trials["entry"] != entry))


def board_of(task: TaskResult) -> Board:
    return build([task], resamples=10, **FACTS)


@pytest.fixture(scope="module")
def board() -> Board:
    return board_of(clean_task())


@pytest.fixture(scope="module")
def published(board, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    publish(board, folder, HASHES)
    return folder


@pytest.fixture
def copy(published, tmp_path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "copy"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("flawed", "rule"),
    [
        (replace(clean_task(), trials=clean_task().trials.assign(stale=True)), "stale"),
        (untuned("xgboost"), "untuned-beside-tuned"),
        (clean_task(failed="xgboost"), "hole"),
        (replace(clean_task(), flags=("audit overridden: x",)), "audit-overridden"),
    ],
)
def test_a_board_that_fails_quality_control_is_published_only_with_flags(flawed, rule, tmp_path):
    broken = board_of(flawed)
    with pytest.raises(QualityError, match=rf"\[{rule}\].*--with-flags"):
        publish(broken, tmp_path / "refused", {})
    assert not (tmp_path / "refused").exists()
    publish(broken, tmp_path / "flagged", {}, with_flags=True)
    flags = archive.read_json(tmp_path / "flagged/manifest.json")["flags"]
    assert rule in {flag["rule"] for flag in flags}


def test_the_same_board_gives_the_same_bytes(published, tmp_path):
    publish(board_of(clean_task()), tmp_path, HASHES)
    assert contents(tmp_path) == contents(published)


def test_a_fresh_folder_has_nothing_to_complain_about(published):
    assert verify(published) == []


def rewrite(path: Path, change) -> None:
    """Change a table on disk and forge the manifest, so that only the numbers can tell."""
    is_csv = path.suffix == ".csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False) if is_csv else pd.read_parquet(path)
    table = change(table)
    content = table.to_csv(index=False, lineterminator="\n").encode() if is_csv else None
    if content is None:
        table.to_parquet(path, index=False)
        content = path.read_bytes()
    forge(path, content)


def forge(path: Path, content: bytes) -> None:
    kept = {name: data for name, data in contents(path.parent).items() if name != "manifest.json"}
    archive.write({**kept, path.name: content}, path.parent, HASHES)


def test_each_changed_number_is_named(copy):
    wrong = {"value": "0.987654", "low": "", "high": "nan", "floor": "0.1"}

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[1, list(wrong)] = list(wrong.values())
        return table

    rewrite(copy / "leaderboard.csv", change)
    told = verify(copy)
    assert len(told) == len(wrong)
    for column, value in wrong.items():
        named = f"leaderboard.csv: apl-sim / xgboost / in-domain / balanced_accuracy: {column} is {value!r}, the"
        assert any(reason.startswith(named) for reason in told), column


def test_a_changed_file_is_named_even_before_its_numbers(copy):
    path = copy / "leaderboard.csv"
    path.write_text(path.read_text().replace("in-domain", "in domain", 1))
    told = verify(copy)
    assert told[0] == "leaderboard.csv differs from the manifest"
    assert any("in domain" in reason and "not in the predictions" in reason for reason in told)


def test_a_removed_row_a_second_one_and_a_new_one_are_named(copy):
    def change(table: pd.DataFrame) -> pd.DataFrame:
        invented = table.iloc[[3]].assign(entry="mine")
        return pd.concat([table.iloc[1:], table.iloc[[2]], invented], ignore_index=True)

    rewrite(copy / "leaderboard.csv", change)
    told = "\n".join(verify(copy))
    assert "apl-sim / prior / in-domain / balanced_accuracy is missing" in told
    assert "is there twice" in told
    assert "mine / in-domain" in told and "is not in the predictions" in told


def test_changed_missing_and_unreadable_files_are_named_once(copy):
    forge(copy / "leaderboard.md", (copy / "leaderboard.md").read_bytes() + b" ")
    forge(copy / "pairs.csv", b'a,b\n"1')
    (copy / "leaderboard.csv").unlink()
    told = verify(copy)
    assert told[0] == "leaderboard.csv is missing" and told.count("leaderboard.csv is missing") == 1
    assert "pairs.csv cannot be read as a table" in told[1]
    assert told[2:] == ["leaderboard.md is not what the predictions give"]


def test_a_changed_probability_moves_numbers(copy):
    def change(table: pd.DataFrame) -> pd.DataFrame:
        row = table.index[table["entry"] == "xgboost"][0]
        table.loc[row, ["p0", "p1", "p2"]] = np.roll(table.loc[row, ["p0", "p1", "p2"]].to_numpy(), 1)
        return table

    rewrite(copy / "predictions.parquet", change)
    told = verify(copy)
    assert any("xgboost" in reason and "nll" in reason and "value is" in reason for reason in told)
    assert not any("/ fusion-gnn / in-domain / nll: value" in reason for reason in told)


def test_bad_rows_are_named_with_their_entry(copy):
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[table.index[table["entry"] == "xgboost"][0], "p0"] = 0.999
        return table[1:]

    rewrite(copy / "predictions.parquet", change)
    told = verify(copy)
    assert any("xgboost: probabilities" in reason and "do not sum to 1" in reason for reason in told)
    assert any("fusion-gnn: 1 specimens lack a prediction" in reason for reason in told)


def test_predictions_that_belong_to_no_trial_are_named(copy):
    rewrite(copy / "trials.parquet", lambda table: table.assign(status="invented"))
    assert any("the status ['invented']" in reason for reason in verify(copy))


def test_a_board_compared_with_itself_moves_nothing(published):
    moved = compare(published, published)
    assert moved["entry"].tolist() == list(SKILL)
    assert (moved[["difference", "low", "high"]] == 0).all().all() and not moved["beyond_noise"].any()


def test_a_better_entry_is_beyond_noise_and_others_are_not(published, tmp_path):
    better = clean_task()
    mine = better.predictions["entry"] == "fusion-gnn"
    right = np.eye(3)[better.predictions.loc[mine, "y"]] * 0.97 + 0.01
    better.predictions.loc[mine, ["p0", "p1", "p2"]] = right
    publish(board_of(better), tmp_path, HASHES)
    moved = compare(published, tmp_path).set_index("entry")
    assert moved["beyond_noise"].to_dict() == {"prior": False, "xgboost": False, "fusion-gnn": True}
    assert moved.loc["fusion-gnn", "new"] == 1 and moved.loc["fusion-gnn", "low"] > 0
    back = compare(tmp_path, published).set_index("entry")
    assert back.loc["fusion-gnn", "high"] == pytest.approx(-moved.loc["fusion-gnn", "low"])


def test_the_difference_is_that_of_the_two_boards(published, tmp_path):
    publish(board_of(clean_task(skill=SKILL | {"xgboost": 1.5})), tmp_path, HASHES)
    moved = compare(published, tmp_path)
    scores = [pd.read_csv(folder / "leaderboard.csv") for folder in (published, tmp_path)]
    for row in moved.itertuples():
        for table, value in zip(scores, (row.old, row.new), strict=True):
            found = table[(table["entry"] == row.entry) & (table["metric"] == row.metric)]["value"].iloc[0]
            assert value == pytest.approx(found, abs=1e-12)
        assert row.difference == pytest.approx(row.new - row.old)


@pytest.mark.parametrize("changed", [{"seed": 7}, {"folds": 4}])
def test_another_split_has_no_interval(published, tmp_path, changed):
    publish(board_of(clean_task(**changed)), tmp_path, HASHES)
    moved = compare(published, tmp_path)
    assert moved["low"].isna().all() and moved["beyond_noise"].isna().all() and moved["difference"].notna().all()


def test_more_seeds_stale_entries_and_holes_can_be_compared(published, tmp_path):
    task = clean_task(seeds=3, failed="xgboost")
    trials = task.trials.assign(stale=task.trials["entry"] == "fusion-gnn")
    publish(board_of(replace(task, trials=trials)), tmp_path, HASHES, with_flags=True)
    moved = compare(published, tmp_path).set_index("entry")
    assert np.isnan(moved.loc["xgboost", "new"]) and pd.isna(moved.loc["xgboost", "beyond_noise"])
    assert not pd.isna(moved.loc["fusion-gnn", "beyond_noise"])


def test_entries_and_tasks_of_one_board_only_are_left_out(published, tmp_path):
    publish(board_of(clean_task(skill={"prior": 0.0, "other": 1.0})), tmp_path, HASHES)
    assert compare(published, tmp_path)["entry"].tolist() == ["prior"]


def submitted(tmp_path: Path, task: TaskResult, facts: dict[str, object] = HASHES, entry: str = "xgboost") -> Path:
    nothing = pd.DataFrame()
    board = Board(**FACTS, tasks=(task,), scores=nothing, details=nothing, pairs=nothing, further={})
    submission(board, entry, tmp_path / "given", facts)
    return tmp_path / "given"


def of_entry(task: TaskResult, change) -> TaskResult:
    return replace(task, predictions=change(task.predictions.reset_index(drop=True)))


def test_a_good_submission_is_taken_in(published, tmp_path):
    assert judge_submission(submitted(tmp_path, clean_task()), published) == []
    assert archive.unpack(tmp_path / "given")[1][0].entries == ("xgboost",)


def test_a_new_entry_is_taken_in(published, tmp_path):
    newcomer = clean_task(skill={"mine": 3.0})
    assert judge_submission(submitted(tmp_path, newcomer, entry="mine"), published) == []


def test_an_entry_without_results_cannot_be_submitted(tmp_path):
    with pytest.raises(NoResults, match="'nobody' has no results"):
        submitted(tmp_path, clean_task(), entry="nobody")


@pytest.mark.parametrize(("fault", "shown"), [(NoResults("none"), UsageError), (ValueError("a bug"), ValueError)])
def test_only_a_missing_result_is_a_mistake_of_the_command_line(fault, shown, tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise fault

    plan = SimpleNamespace(profile="quick")
    store = SimpleNamespace(suite="s", folder=tmp_path)
    monkeypatch.setattr(publishing, "_planned", lambda *_: (plan, None, store, "command"))
    monkeypatch.setattr(publishing, "board_lock", lambda *_: nullcontext())
    monkeypatch.setattr(publishing, "make_board", lambda *_: None)
    monkeypatch.setattr(publishing, "_facts", lambda *_: {})
    monkeypatch.setattr("leaderboard.exchange.submission", fail)
    with pytest.raises(ValueError, match=str(fault)) as caught:
        publishing.submit("s", None, "mine", tmp_path, tmp_path / "given", Console())
    assert caught.type is shown


def swapped_labels(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(y=table["y"].map({0: 1, 1: 0, 2: 2}), p0=table["p1"], p1=table["p0"])


@pytest.mark.parametrize(
    ("task", "facts", "said"),
    [
        (clean_task(folds=4), HASHES, "another split"),
        (clean_task(seed=9), HASHES, "another split"),
        (of_entry(clean_task(), lambda t: t.assign(p0=np.nan)), HASHES, "not finite"),
        (of_entry(clean_task(), swapped_labels), HASHES, "says what the board does not"),
        (of_entry(clean_task(), lambda t: t[t["specimen"] != t["specimen"].iloc[0]]), HASHES, "lacks 2 of|lacks of 1"),
        (of_entry(clean_task(), lambda t: pd.concat([t, t.iloc[-3:]])), HASHES, "a prediction twice"),
        (replace(clean_task(), classes=clean_task().classes[::-1]), HASHES, "classes are"),
        (replace(clean_task(), name="apl-other"), HASHES, "'apl-other' is not on the board"),
        (clean_task(), HASHES | {"data": {"apl-sim": "d1"}}, "made on another dataset: d1 where the board has d0"),
        (clean_task(), HASHES | {"splits": {"apl-sim": "s1"}}, "made on another split: s1 where the board has s0"),
        (clean_task(), {}, "made on another dataset: None"),
        (clean_task(), {"data": ["d0"], "splits": {"apl-sim": "s0"}}, "made on another dataset: None"),
    ],
)
def test_a_submission_is_refused_with_the_reason(published, tmp_path, task, facts, said):
    entry = "fusion-gnn" if "twice" in said else "xgboost"
    reasons = judge_submission(submitted(tmp_path, task, facts, entry), published)
    assert reasons
    assert any(re.search(said, reason) for reason in reasons), reasons


def test_a_submission_of_several_entries_or_with_a_changed_file_is_refused(published, tmp_path):
    folder = submitted(tmp_path, clean_task())
    archive.write(archive.pack(board_of(clean_task())), folder, HASHES | {"entry": "xgboost"})
    assert any("it holds the entries" in reason for reason in judge_submission(folder, published))
    (folder / "board.json").write_bytes((folder / "board.json").read_bytes() + b" ")
    assert "board.json differs from the manifest" in judge_submission(folder, published)


def test_a_torn_submission_is_no_archive(published, tmp_path):
    folder = submitted(tmp_path, clean_task())
    (folder / "predictions.parquet").write_bytes(b"PAR1")
    with pytest.raises(archive.ArchiveError, match="cannot be read as Parquet"):
        judge_submission(folder, published)


def test_last_digits_of_another_machine_are_no_difference(copy):
    table = pd.read_csv(copy / "details.csv", dtype={"class": str}, keep_default_na=False)
    numbers = pd.to_numeric(table["value"], errors="coerce")
    table["value"] = numbers.where(numbers.isna(), numbers + 1e-13)
    forge(copy / "details.csv", table.to_csv(index=False).encode())
    assert verify(copy) == []
    table.loc[0, "value"] = numbers[0] + 1e-6
    forge(copy / "details.csv", table.to_csv(index=False).encode())
    assert any("details.csv" in sentence and "value is" in sentence for sentence in verify(copy))


def test_a_published_folder_gives_every_file_of_the_board_it_came_from(board, tmp_path):
    write(board, tmp_path / "own")
    publish(board, tmp_path / "published", HASHES, with_flags=True)
    assert rebuild(tmp_path / "published", tmp_path / "again", Console(file=io.StringIO())) == 0
    assert contents(tmp_path / "again") == contents(tmp_path / "own")


def test_a_folder_that_was_edited_is_not_rebuilt(board, tmp_path):
    copy = tmp_path / "published"
    publish(board, copy, HASHES, with_flags=True)
    (copy / "board.json").write_bytes((copy / "board.json").read_bytes() + b" ")
    with pytest.raises(UsageError, match=r"board\.json differs from the manifest.*benchmark verify"):
        rebuild(copy, tmp_path / "site", Console(file=io.StringIO()))
    assert not (tmp_path / "site").exists()
