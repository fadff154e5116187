"""From a plan and its records to what the leaderboard reads: rows of trials, costs, roles, the commit."""

from __future__ import annotations

import json
import math
import subprocess
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from benchmark.commands import report as module
from benchmark.planning import Plan, PlannedTask, PlannedTrial, State
from benchmark.records import Identity, Record, Store
from datasets.cohort import NotApplicable

REFUSED = f"Traceback\n{NotApplicable.__module__}.{NotApplicable.__qualname__}: no rule"
DETAILS = {
    "started": "2026-01-05T10:00:00+00:00", "tuned": True, "refitted": True, "n_predicted": 8, "n_parameters": 12,
    "seconds": {"tune": 1.0, "fit": 2.0, "predict": 0.5}, "modality_holes": {"genes": "é", "clinical": "x"},
}  # fmt: skip
REFERENCE = ("result", "protocol", "citation", "not_comparable")
CELLS = [Identity("quick", "t", "e", seed, fold) for seed, fold in ((0, 0), (0, 1), (1, 0))]


def trial(cell, **more):
    return PlannedTrial(cell, "m:C", {}, "classic", **more)


def row(status, record=None, **more):
    records = {} if record is None else {CELLS[0]: record}
    return module._trial_row(trial(CELLS[0], **more), State({CELLS[0]: status}, {}, records, {}))


def record(status="done", error="", **details):
    return Record("k" * 64, CELLS[0], status, {**DETAILS, **details}, error)


def test_a_row_tells_how_a_trial_stands_and_what_it_cost():
    full = row("done", record())
    assert json.loads(full.pop("modality_holes")) == {"clinical": "x", "genes": "é"}
    assert full == {
        "entry": "e", "seed": 0, "fold": 0, "status": "done", "stale": False, "tuned": True, "refitted": True,
        "seconds": 3.5, "fit_seconds": 2.0, "latency_ms": 62.5, "n_parameters": 12.0, "error": "",
    }  # fmt: skip
    assert row("done", record())["modality_holes"] == '{"clinical": "x", "genes": "é"}'
    bare = row("todo")
    assert (bare["status"], bare["stale"], bare["tuned"], bare["seconds"], bare["modality_holes"]) == (
        "missing", False, None, 0.0, "{}"
    )  # fmt: skip
    assert all(math.isnan(bare[name]) for name in ("fit_seconds", "latency_ms", "n_parameters"))
    assert [row(s)["status"] for s in ("stale", "failed", "not-applicable")] == ["done", "failed", "not-applicable"]
    assert row("stale", record())["stale"] is True


def test_an_error_is_the_reason_that_is_nearest():
    assert row("failed", record("failed", "Traceback\nmine.Odd: no"))["error"] == "Odd: no"
    assert row("not-applicable", record("failed", REFUSED))["error"] == "no rule"
    assert row("not-applicable", reason="needs genes", same_as="x")["error"] == "needs genes"
    assert row("same-as", same_as="x")["error"] == "x"


@pytest.mark.parametrize(
    ("details", "costs"),
    [
        ({}, (math.nan, math.nan, math.nan)),
        ({"seconds": {"fit": 2.0, "predict": 0.5}}, (2.0, math.nan, math.nan)),
        ({"seconds": {"fit": 2.0, "predict": 0.5}, "n_predicted": 0}, (2.0, math.nan, math.nan)),
        ({"seconds": {"fit": 2.0, "predict": 0.5}, "n_predicted": 5, "n_parameters": 0}, (2.0, 100.0, 0.0)),
        ({"n_predicted": 5, "n_parameters": 3}, (math.nan, math.nan, 3.0)),
        ({**DETAILS, "report": {"kept_features": True}}, (math.nan, math.nan, 12.0)),
        ({**DETAILS, "report": {"kept_features": False}}, (2.0, 62.5, 12.0)),
        ({**DETAILS, "report": "text"}, (2.0, 62.5, 12.0)),
    ],
)
def test_what_a_record_does_not_tell_is_unknown_and_kept_features_have_no_time(details, costs):
    np.testing.assert_equal(tuple(module._costs(details).values()), costs)
    assert list(module._costs(details)) == ["fit_seconds", "latency_ms", "n_parameters"]


def table(role, *names, **more):
    n = len(names)
    return pd.DataFrame(
        {"role": role, "specimen": names, "patient": names, "domain": "A", "y": 0, "p0": 1.0, "p1": 0.0, **more},
        index=range(n),
    )


def planned(tmp_path, *, flags=(), notes=("n",), classes=("a", "b"), done=2, grid=True, refitted=True):
    task = PlannedTask("t", "T", "d", {}, classes, True, flags, notes, "f" * 64, "s", (0, 1), fold_names={0: "A"},
                       costs=((0, 1), (1, 0)), abstain_cost=0.5, ladder="l", rung="slide",
                       published=(dict.fromkeys(REFERENCE, "r"),))  # fmt: skip
    store = Store(tmp_path, "s")
    every = pd.concat([table("valid", "v"), table("test", "x", "w"), table("test:B", "z"), table("ood:q", "o")])
    records = {}
    for cell in CELLS[:done]:
        told = Record(f"{cell.fold:016x}" + "0" * 48, cell, "done", {**DETAILS, "refitted": refitted})
        by = table("test", "x", modalities="genes") if grid and cell.fold == 1 else None
        records[cell] = store.write(told, every, None, by)
    records[CELLS[2]] = Record("k" * 64, CELLS[2], "failed", {"started": "2026-02-01T00"}, "ValueError: x")
    status = {cell: records[cell].status for cell in records} | {c: "todo" for c in CELLS if c not in records}
    trials = (*map(trial, CELLS), trial(Identity("quick", "other", "e", 0, 0)))
    return task, Plan("s", "S", "quick", {"t": task}, trials), State(status, {}, records, {}), store


def test_predictions_are_told_apart_by_role_and_carry_entry_seed_and_fold(tmp_path):
    result = module._task_result(*planned(tmp_path))
    assert result.predictions["specimen"].tolist() == ["x", "w", "z"] * 2
    assert result.valid["specimen"].tolist() == ["v"] * 2 and result.ood["specimen"].tolist() == ["o"] * 2
    assert result.predictions.columns.tolist() == [
        "entry", "seed", "fold", "role", "specimen", "patient", "domain", "y", "p0", "p1"
    ]  # fmt: skip
    for frame in (result.predictions, result.valid, result.ood, result.modality_predictions):
        assert frame.index.tolist() == list(range(len(frame))) and set(frame["entry"]) == {"e"}
    assert result.predictions["fold"].tolist() == [0] * 3 + [1] * 3
    assert result.modality_predictions[["fold", "specimen", "modalities"]].to_numpy().tolist() == [[1, "x", "genes"]]
    assert len(result.trials) == 3 and result.families == {"e": "classic"} and result.specimens is None
    assert (result.positive, result.level, result.rung, result.ladder, result.abstain_cost) == (
        1,
        "patient",
        "slide",
        "l",
        0.5,
    )
    assert (
        result.notes[0] == "n" and result.notes[1].startswith("Validation patients choose") and len(result.notes) == 2
    )
    assert result.published[0].result == "r" and result.fold_names == {0: "A"} and result.costs == ((0, 1), (1, 0))


def test_what_is_not_there_is_none(tmp_path):
    leaky = module._task_result(
        *planned(tmp_path / "a", flags=("leaky, for demonstration",), grid=False, refitted=False)
    )
    assert leaky.valid is None and leaky.modality_predictions is None and leaky.notes == ("n",)
    none = module._task_result(*planned(tmp_path / "b", classes=("a", "b", "c"), done=0))
    assert none.predictions.empty and none.ood is None and none.valid is None and none.positive is None
    assert none.predictions.columns.tolist()[-3:] == ["p0", "p1", "p2"]


def test_facts_are_those_of_specimens_that_were_predicted(tmp_path, monkeypatch):
    told = pd.DataFrame({"specimen": ["o", "q", "x"], "sex": ["f", "m", "f"]})
    monkeypatch.setattr(module, "kept_facts", lambda store, fingerprint: told if fingerprint == "f" * 64 else None)
    result = module._task_result(*planned(tmp_path))
    assert result.specimens["specimen"].tolist() == ["o", "x"] and result.specimens.index.tolist() == [0, 1]
    told = told[["specimen"]]
    assert module._task_result(*planned(tmp_path)).specimens is None


def test_a_board_is_of_the_day_of_its_newest_trial(tmp_path, monkeypatch):
    asked = {}
    monkeypatch.setattr(
        module, "boards", SimpleNamespace(build=lambda tasks, **facts: asked.update(facts, n=len(tasks)))
    )
    monkeypatch.setattr(module, "commit", lambda: "abc+changes")
    _, plan, state, store = planned(tmp_path)
    module.make_board(plan, state, store, "the command")
    cache = asked.pop("cache")
    assert asked == {
        "suite": "s", "title": "S", "profile": "quick", "commit": "abc+changes", "date": "2026-02-01",
        "command": "the command", "n": 1,
    }  # fmt: skip
    assert str(store.folder / "scores" / "quick") in map(str, vars(cache).values())
    module.make_board(plan, State(state.status, {}, {}, {}), store, "")
    assert asked["date"] == ""


def test_the_commit_is_short_and_says_whether_tracked_files_differ(tmp_path, monkeypatch):
    for name in ("GIT_DIR", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert module.commit(tmp_path) == "unknown"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@x"]
    (tmp_path / "a").write_text("1")
    for words in (["init", "-q"], ["add", "a"], ["commit", "-q", "-m", "m"]):
        subprocess.run([*git, *words], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout[:10]
    (tmp_path / "new").write_text("")
    assert module.commit(tmp_path) == head
    (tmp_path / "a").write_text("2")
    assert module.commit(tmp_path) == f"{head}+changes"
