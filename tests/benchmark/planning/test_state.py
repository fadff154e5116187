"""How trials stand: what is shown where code, data or a watched file changed, and what is counted."""

from __future__ import annotations

import pytest

from benchmark.planning import Plan, PlannedTrial, inspect
from benchmark.planning import state as module
from benchmark.records import Identity, Record, Store
from datasets.cohort import NotApplicable

CODE = {"entry": {"source": {}}, "harness": {}}
PARTS = {"dataset": "d", "split": "s", "params": {}}


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Return a store; of all code that of "m:Gone" alone cannot be read."""
    monkeypatch.setattr(module, "codes", lambda targets: {t: None if t == "m:Gone" else CODE for t in targets})
    return Store(tmp_path, "s")


def trial(fold: int = 0, target: str = "m:C", **more) -> PlannedTrial:
    return PlannedTrial(Identity("quick", "t", "e", 0, fold), target, {**PARTS, "fold": fold}, "classic", **more)


def inspected(store, *trials):
    return inspect(Plan("s", "S", "quick", {}, trials), store)


def kept(store, key, status="done", fold=0, error="", **details):
    told = {"dataset": "d", "split": "s", **details}
    return store.write(Record(key, Identity("quick", "t", "e", 0, fold), status, told, error), {"p0": [1.0]})


def test_a_record_under_the_key_of_today_stands_as_it_ended(store):
    trials = [trial(fold) for fold in range(4)]
    refused = f"{NotApplicable.__module__}.{NotApplicable.__qualname__}: no rule"
    kept(store, trials[0].key(CODE))
    kept(store, trials[1].key(CODE), "failed", 1, "ValueError: x")
    kept(store, trials[2].key(CODE), "failed", 2, refused)
    state = inspected(store, *trials)
    assert list(state.status.values()) == ["done", "failed", "not-applicable", "todo"]
    assert {i.fold: r.error for i, r in state.records.items()} == {0: "", 1: "ValueError: x", 2: refused}
    assert state.keys == {t.identity: t.key(CODE) for t in trials}
    assert state.counts() == {"done": 1, "failed": 1, "not-applicable": 1, "todo": 1}
    assert state.counts([trials[0].identity, trials[3].identity]) == {"done": 1, "todo": 1}
    assert state.counts([]) == {}


def test_a_watched_file_that_changed_makes_a_done_record_stale_and_no_failed_one(store, tmp_path):
    trials = [trial(fold) for fold in range(3)]
    gone = {str(tmp_path / "gone.txt"): "0" * 64}
    kept(store, trials[0].key(CODE), watched=gone)
    kept(store, trials[1].key(CODE), "failed", 1, "ValueError: x", watched=gone)
    kept(store, trials[2].key(CODE), fold=2, watched={})
    assert list(inspected(store, *trials).status.values()) == ["stale", "failed", "done"]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_of_outdated_records_the_newest_done_on_the_same_data_is_shown(store, order):
    for letter, day in zip("abc", order, strict=True):
        kept(store, letter * 64, started=f"2026-01-0{day}")
    kept(store, "d" * 64, "failed", error="x", started="2026-01-08")
    kept(store, "e" * 64, started="2026-01-09", dataset="other")
    kept(store, "f" * 64, started="2026-01-09", split="other")
    kept(store, "0" * 64, fold=1, started="2026-01-09")
    state = inspected(store, trial())
    assert list(state.status.values()) == ["stale"]
    assert [r.details["started"] for r in state.records.values()] == ["2026-01-03"]


def test_what_does_not_run_is_told_before_what_a_record_says(store):
    trials = [trial(0, reason="needs genes"), trial(1, same_as="other"), trial(2, same_as="o", reason="r")]
    for each in trials:
        kept(store, each.key(CODE), fold=each.identity.fold)
    state = inspected(store, *trials)
    assert list(state.status.values()) == ["not-applicable", "same-as", "same-as"] and state.records == {}


def test_code_that_is_gone_and_records_that_are_torn_are_named(store):
    record = kept(store, trial().key(CODE))
    (store.path(record.key) / "trial.json").write_text("{")
    state = inspected(store, trial(), trial(1, "m:Gone"))
    assert list(state.keys.values()) == [trial().key(CODE), ""]
    assert state.problems == ("the code of m:Gone is gone or cannot be parsed",)
    assert [error.path for error in state.untrusted] == [store.path(record.key)]
    assert list(state.status.values()) == ["todo", "todo"]
    assert state.codes == {"m:C": CODE, "m:Gone": None}
