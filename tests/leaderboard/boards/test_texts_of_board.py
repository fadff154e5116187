"""The CSV and JSON of a board written by hand, cell by cell."""

from __future__ import annotations

import inspect
import io
import json
from dataclasses import replace

import pandas as pd

from leaderboard.boards import board as module
from leaderboard.boards.board import build, texts
from leaderboard.records.results import Board
from tests.leaderboard.hand_board import hand_scores, hand_task, score
from tests.leaderboard.shared_board import FACTS

HEAD = "balanced_accuracy"


def hand_board() -> Board:
    tasks = (hand_task(["=a", "b"], generated=True, flags=("modified copy",)), hand_task(["b"], name="u"))
    stale = tasks[0].trials["entry"] == "b"
    tasks = (replace(tasks[0], trials=tasks[0].trials.assign(stale=stale, tuned=~stale)), tasks[1])
    told = {("=a", "in-domain", HEAD): score(0.75, 1), ("b", "in-domain", "nll"): score(1 / 3)}
    scores = pd.concat([hand_scores(task, told, ("in-domain",)) for task in tasks], ignore_index=True)
    small = pd.DataFrame({"entry": ["=a", "b"], "task": ["t", "u"], "value": [1 / 3, None]})
    pairs = pd.DataFrame(columns=["task", "test_set", "a", "b"])
    return Board(**FACTS, tasks=tasks, scores=scores, details=small, pairs=pairs, further={"cost": small.iloc[:1]})


def test_the_long_table_stands_alone() -> None:
    board = hand_board()
    made = texts(board)
    table = pd.read_csv(io.StringIO(made["leaderboard.csv"]), keep_default_na=False)
    assert list(table) == [
        "task", "entry", "test_set", "metric", "value", "higher_is_better", "low", "high", "tie", "vs_prior", "floor",
        "n_patients", "n_specimens", "comparable", "note", "flags", "generated", "suite", "profile", "commit", "date",
    ]  # fmt: skip
    told = {(row.task, row.entry): (row.flags, row.generated) for row in table.itertuples()}
    assert told == {
        ("t", "'=a"): ("modified copy", True),
        ("t", "b"): ("stale, untuned, modified copy", True),
        ("u", "b"): ("", False),
    }
    better = table.drop_duplicates("metric").set_index("metric")["higher_is_better"]
    assert set(better.index[~better]) == {"nll", "brier", "ece"}
    assert {name: set(table[name]) for name in ("suite", "profile", "commit", "date")} == {
        "suite": {"apl"}, "profile": {"quick"}, "commit": {"abc1234"}, "date": {"2026-11-22"}}  # fmt: skip
    assert made["details.csv"] == f"entry,task,value\n'=a,t,{1 / 3}\nb,u,\n"
    assert made["cost.csv"] == f"entry,task,value\n'=a,t,{1 / 3}\n"
    assert list(made) == ["leaderboard.csv", "details.csv", "pairs.csv", "claims.csv", "cost.csv", "leaderboard.md",
                          "leaderboard.tex", "leaderboard.json"]  # fmt: skip


def test_the_board_for_programs() -> None:
    text = texts(replace(hand_board(), title="µ"))["leaderboard.json"]
    told = json.loads(text)
    assert text.endswith("}\n") and '"title":"µ"' in text and ": " not in text.replace("content: ", "")[:60]
    assert {name: told[name] for name in FACTS} == {**FACTS, "title": "µ"}
    assert told["generated"] == ["t"] and told["note"] == "Not for clinical use."
    assert told["details"] == [{"entry": "=a", "task": "t", "value": 0.333333333333}, {"entry": "b", "task": "u",
                               "value": None}]  # fmt: skip
    assert told["cost"] == told["details"][:1] and told["pairs"] == [] and len(told["scores"]) == 24
    assert list(told) == [*FACTS, "generated", "note", "scores", "details", "pairs", "cost"]


def test_a_board_is_of_a_thousand_resamples_of_seed_nought_unless_somebody_says_otherwise() -> None:
    defaults = inspect.signature(build).parameters
    assert (defaults["resamples"].default, defaults["seed"].default, defaults["cache"].default) == (1000, 0, None)


def test_a_site_is_written_unless_it_is_not_wanted(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(module, "write_site", lambda board, folder: {"index.html": folder / "index.html"})
    monkeypatch.setattr(module, "render_page", lambda board: "page\n")
    board = hand_board()
    without = module.write(board, tmp_path / "new" / "folder", site=False)
    assert list(without) == [*texts(board), "leaderboard.html"]
    for name, path in without.items():
        assert path == tmp_path / "new" / "folder" / name
        assert path.read_text(encoding="utf-8") == ({**texts(board), "leaderboard.html": "page\n"})[name]
    again = module.write(board, tmp_path / "new" / "folder")
    assert again == {**without, "site": tmp_path / "new" / "folder" / "site" / "index.html"}
