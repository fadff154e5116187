"""Kept parts of a board: the same bytes with and without, nothing stale, nothing torn, nothing left behind."""

from __future__ import annotations

import ast
import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leaderboard.boards import parts, score_cache
from leaderboard.boards.board import build, texts
from leaderboard.boards.score_cache import ScoreCache, part_key
from leaderboard.questions.further import further_tables
from leaderboard.records.results import Published, TaskResult
from leaderboard.scores.detail_score import detail
from leaderboard.scores.score import score
from tests.leaderboard.fake_board import fake_task
from tests.leaderboard.further_board import rich_task

RESAMPLES = 10
FACTS = {
    "suite": "s",
    "title": "t",
    "profile": "quick",
    "commit": "c",
    "date": "d",
    "command": "x",
    "resamples": RESAMPLES,
}


def small(**changes) -> TaskResult:
    skill = {"prior": 0.0, "xgboost": 2.4}
    return fake_task(n=30, seeds=1, folds=2, failed=None, domains=("A", "B"), skill=skill, **changes)


def without(task: TaskResult, entry: str) -> TaskResult:
    kept = {
        name: table[table["entry"] != entry] for name, table in vars(task).items() if name in ("predictions", "trials")
    }
    return replace(task, **kept)


def one_seed(task: TaskResult) -> TaskResult:
    """Return the task with two entries and one seed."""
    tables = {name: table for name, table in vars(task).items() if isinstance(table, pd.DataFrame) and "seed" in table}
    few = {
        name: table[table["entry"].isin(["prior", "xgboost"]) & (table["seed"] == 0)].reset_index(drop=True)
        for name, table in tables.items()
    }
    return replace(task, **few)


class Counted:
    """A cache that tells which parts were made."""

    def __init__(self, folder: Path) -> None:
        self.cache, self.made = ScoreCache(folder), []

    def tables(self, make, tasks, resamples, seed):
        def told(*given):
            self.made.append((make.__name__, tasks[0].entries))
            return make(*given)

        told.__module__, told.__qualname__ = make.__module__, make.__qualname__
        return self.cache.tables(told, tasks, resamples, seed)


def keep(task: TaskResult, folder: Path) -> tuple[dict[str, pd.DataFrame], list]:
    counted = Counted(folder)
    return parts.tables((task,), resamples=RESAMPLES, seed=0, keep=counted.tables), counted.made


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Path:
    """Return a folder with the parts of a board that lacks one entry."""
    folder = tmp_path_factory.mktemp("two")
    keep(without(small(), "xgboost"), folder)
    return folder


@pytest.fixture(scope="module")
def three(two, tmp_path_factory) -> tuple[Path, dict[str, pd.DataFrame], list]:
    """Return the folder, the tables and what had to be made when that entry is added."""
    folder = Path(shutil.copytree(two, tmp_path_factory.mktemp("three") / "scores"))
    return folder, *keep(small(), folder)


def test_a_board_is_the_same_with_an_empty_and_a_full_cache(tmp_path):
    tasks = (one_seed(rich_task(n=24)),)
    made = texts(build(tasks, **FACTS, cache=ScoreCache(tmp_path)))
    assert texts(build(tasks, **FACTS, cache=ScoreCache(tmp_path))) == made


def test_what_did_not_change_is_not_made_again(three):
    folder, tables, _ = three
    again, made = keep(small(), folder)
    assert made == []
    for name, table in tables.items():
        pd.testing.assert_frame_equal(again[name], table, check_exact=True)


def test_one_entry_more_leaves_the_details_of_the_others(three):
    _, _, made = three
    assert sorted(name for name, _ in made) == ["detailed", "further", "joint"]
    assert ("detailed", ("xgboost",)) in made


def test_parts_make_what_the_whole_task_makes(three):
    _, tables, _ = three
    pd.testing.assert_frame_equal(tables["details"], detail(small(), resamples=RESAMPLES), check_exact=True)
    for name, table in further_tables((small(),), resamples=RESAMPLES).items():
        pd.testing.assert_frame_equal(tables[name], table, check_exact=True)


def test_one_changed_probability_is_scored_anew(three, tmp_path):
    other = small()
    other.predictions.loc[other.predictions.index[-1], ["p0", "p1", "p2"]] = [0.0, 0.25, 0.75]
    tables, made = keep(other, Path(shutil.copytree(three[0], tmp_path / "scores")))
    assert sorted(name for name, _ in made) == ["detailed", "further", "joint"]
    pd.testing.assert_frame_equal(tables["details"], detail(other, resamples=RESAMPLES), check_exact=True)
    pd.testing.assert_frame_equal(tables["scores"], score(other, resamples=RESAMPLES), check_exact=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda task: replace(task, name="other"),
        lambda task: replace(task, classes=("a", "b", "c")),
        lambda task: replace(task, level="specimen"),
        lambda task: replace(task, families={**task.families, "xgboost": "control"}),
        lambda task: replace(task, valid=task.predictions.assign(role="valid")),
        lambda task: replace(task, abstain_cost=0.5),
        lambda task: replace(task, trials=task.trials.assign(stale=True)),
        lambda task: replace(task, predictions=task.predictions.assign(fold=task.predictions["fold"].astype("int32"))),
        lambda task: replace(task, predictions=task.predictions.iloc[::-1]),
    ],
)
def test_every_fact_of_a_task_is_in_the_key(change):
    assert part_key(parts.further, (change(small()),), 20, 0) != part_key(parts.further, (small(),), 20, 0)


def test_draw_part_code_and_libraries_are_in_the_key(monkeypatch):
    task = (small(),)
    keys = [
        part_key(parts.further, task, 20, 0),
        part_key(parts.joint, task, 20, 0),
        part_key(parts.further, task, 21, 0),
    ]
    keys.append(part_key(parts.further, task, 20, 1))
    with monkeypatch.context() as patch:
        patch.setattr(score_cache, "version", lambda name: "0")
        keys.append(part_key(parts.further, task, 20, 0))
    monkeypatch.setattr(score_cache, "_SOURCES", score_cache._SOURCES | {"leaderboard.measures.counts": b"other"})
    keys.append(part_key(parts.further, task, 20, 0))
    assert len(set(keys)) == len(keys)


def test_the_code_of_every_score_is_in_the_key_and_that_of_pages_is_not():
    names = {name.rpartition(".")[2] for name in score_cache._sources("leaderboard.boards.parts")}
    assert {"bootstrap", "auroc", "ties", "curves", "permutation", "strata", "scaling", "testsets", "ladder"} <= names
    assert not names & {"site", "task_page", "markdown", "board", "forest"}


def test_no_module_imports_its_neighbours_in_a_way_that_the_key_misses():
    for path in Path(score_cache.__file__).parents[1].rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                assert not [a.name for a in node.names if a.name.partition(".")[0] in ("leaderboard", "importlib")], (
                    path
                )
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, path
                assert "*" not in [alias.name for alias in node.names], path


def numbers(tasks, resamples, seed) -> dict[str, pd.DataFrame]:
    return {"details": pd.DataFrame({"entry": tasks[0].entries, "value": 0.25})}


def ask(folder: Path, task: TaskResult) -> list:
    """Ask a cache for the numbers of a task, check them and return what had to be made."""
    counted = Counted(folder)
    pd.testing.assert_frame_equal(
        counted.tables(numbers, (task,), 20, 0)["details"], numbers((task,), 20, 0)["details"]
    )
    return counted.made


def test_nothing_is_kept_when_the_source_is_not_what_was_imported(tmp_path, monkeypatch):
    key = part_key(numbers, (small(),), 20, 0)
    source = tmp_path / "package"
    shutil.copytree(score_cache._HOME, source, ignore=shutil.ignore_patterns("published", "__pycache__"))
    monkeypatch.setattr(score_cache, "_HOME", source)
    with (source / "measures" / "counts.py").open("a") as file:
        file.write("# edited\n")
    assert part_key(numbers, (small(),), 20, 0) == key  # the code that runs is the old one
    assert len(ask(tmp_path / "scores", small())) == len(ask(tmp_path / "scores", small())) == 1
    (source / "measures" / "counts.py").unlink()
    assert len(ask(tmp_path / "scores", small())) == 1 and not (tmp_path / "scores").exists()


def planted(folder: Path, how: str) -> None:
    """Spoil every kept part in one way."""
    for path in folder.glob("*/details.parquet"):
        if how == "torn":
            path.write_bytes(path.read_bytes()[:-20])
        elif how == "edited":
            pd.read_parquet(path).assign(value=0.5).to_parquet(path, index=False)
        elif how == "missing":
            path.unlink()
    for path in folder.glob("*/scored.json"):
        if how == "foreign":
            path.write_text(path.read_text().replace('"key": "', '"key": "0'))
        elif how == "no record":
            path.write_text("{")


@pytest.mark.parametrize("how", ["torn", "edited", "missing", "foreign", "no record"])
def test_a_spoiled_part_is_named_once_and_made_anew(tmp_path, how, caplog):
    assert len(ask(tmp_path, small())) == 1
    planted(tmp_path, how)
    assert len(ask(tmp_path, small())) == 1
    assert ask(tmp_path, small()) == []
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["Quarantined"]
    assert len(list((tmp_path / "quarantine").iterdir())) == 1


def test_parts_of_former_boards_are_dropped_and_other_files_are_not(tmp_path):
    ask(tmp_path, without(small(), "xgboost"))
    (tmp_path / "notes.txt").write_text("mine")
    later = ScoreCache(tmp_path)
    later.tables(numbers, (small(),), 20, 0)
    assert len(list(tmp_path.iterdir())) == 3
    later.drop_unused()
    assert len(list(tmp_path.iterdir())) == 2 and (tmp_path / "notes.txt").exists()
    assert ask(tmp_path, small()) == []


@pytest.mark.parametrize(
    "column",
    [[1, pd.NA], pd.Series([np.nan, np.nan], dtype=object), pd.Series([np.nan, "a"], dtype=object)],
)
def test_a_table_that_parquet_would_change_is_refused(tmp_path, column):
    def make(tasks, resamples, seed):
        return {"scores": pd.DataFrame({"n": column})}

    with pytest.raises(TypeError, match="scores"):
        ScoreCache(tmp_path).tables(make, (small(),), 20, 0)
    assert not list(tmp_path.glob("*/scored.json"))


def test_what_says_the_same_has_the_same_key(monkeypatch):
    task = replace(small(), published=(Published("r", "p", "c"),))
    key = part_key(parts.further, (task,), 20, 0)
    turned = replace(task, families=dict(reversed(task.families.items())))
    assert part_key(parts.further, (turned,), 20, 0) == key
    shifted = replace(task, predictions=task.predictions.set_axis(range(7, 7 + len(task.predictions))))
    assert part_key(parts.further, (shifted,), 20, 0) == key
    assert part_key(parts.further, (replace(task, published=()),), 20, 0) != key
    assert part_key(parts.further, (task, task), 20, 0) != key
    monkeypatch.setattr(score_cache, "_SOURCES", dict(reversed(score_cache._SOURCES.items())))
    assert part_key(parts.further, (task,), 20, 0) == key
    renamed = {name.replace("counts", "county"): source for name, source in score_cache._SOURCES.items()}
    monkeypatch.setattr(score_cache, "_SOURCES", renamed)
    assert part_key(parts.further, (task,), 20, 0) != key


def test_neighbours_do_not_run_into_each_other():
    told = [hashlib.sha256() for _ in range(2)]
    for digest, texts_ in zip(told, ((b"ab", b"c"), (b"a", b"bc")), strict=True):
        for text in texts_:
            score_cache._tell(digest, text)
    assert told[0].hexdigest() != told[1].hexdigest()


def test_a_folder_whose_record_was_never_written_is_filled(tmp_path):
    assert len(ask(tmp_path, small())) == 1
    (folder,) = tmp_path.iterdir()
    assert len(folder.name) == 32
    (folder / "scored.json").unlink()
    assert len(ask(tmp_path, small())) == 1 and ask(tmp_path, small()) == []
