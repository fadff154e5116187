"""One run a suite and one board a profile at a time; nothing that two commands plan is lost."""

import os
import re
import threading
from types import SimpleNamespace

import filelock
import pytest

from benchmark.commands import run as run_module
from benchmark.planning.plan_file import saved
from benchmark.records import locks
from benchmark.records.locks import board_lock, run_lock
from benchmark.records.store import Store, StoreError
from tests.benchmark.small_run import said, write_cohort


@pytest.fixture
def planned_only(monkeypatch):
    """Let runs plan, and neither execute nor report."""
    monkeypatch.setattr("benchmark.commands.run._execute", lambda *_: None)
    monkeypatch.setattr("benchmark.commands.run.report", lambda *_, **__: 0)


def test_two_runs_whose_planning_overlaps_lose_no_row(tmp_path, monkeypatch, planned_only):
    cohort, real, inner = write_cohort(tmp_path / "c"), run_module.make_plan, []
    first = dict(datasets=(str(cohort),), out=tmp_path / "runs", entries=("prior",))
    second = {**first, "entries": ("missingness-only",)}

    def interrupted(*args, **kwargs):
        if not inner:
            inner.append(None)
            inner[0] = said(**second)  # begins and ends while the first is planning
        return real(*args, **kwargs)

    monkeypatch.setattr("benchmark.commands.run.make_plan", interrupted)
    assert said(**first)[0] == 0
    assert inner[0][0] == 2 and "Another run is writing to" in inner[0][1]
    assert said(**second)[0] == 0
    plan = saved(Store(tmp_path / "runs", "own"), "quick")
    assert {(t.identity.entry, t.identity.fold) for t in plan.trials} == {
        (entry, fold) for entry in ("prior", "missingness-only") for fold in (0, 1)
    }


def test_a_dry_run_needs_no_lock_and_writes_nothing(tmp_path, planned_only):
    cohort, store = write_cohort(tmp_path / "c"), Store(tmp_path / "runs", "own")
    with run_lock(store):
        before = sorted(tmp_path.rglob("*"))
        code, text = said(datasets=(str(cohort),), out=tmp_path / "runs", entries=("prior",), dry_run=True)
    assert code == 0 and "prior" in text
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_sweeps_what_killed_writers_left(tmp_path, planned_only):
    cohort, folder = write_cohort(tmp_path / "c"), tmp_path / "runs/own/0123456789abcdef"
    folder.mkdir(parents=True)
    left = folder / f".trial.json.{2**22 + 1}@{os.uname().nodename[:60]}.abcd.part"
    left.write_text("half")
    assert said(datasets=(str(cohort),), out=tmp_path / "runs", entries=("prior",))[0] == 0
    assert not left.exists()


def test_who_waits_for_a_board_says_for_what_and_for_how_long(tmp_path):
    store, told, holds, go = Store(tmp_path, "s"), [], threading.Event(), threading.Event()

    def other():
        with board_lock(store, "quick", told.append):
            holds.set()
            go.wait(60)

    holder = threading.Thread(target=other)
    holder.start()
    assert holds.wait(60)
    with pytest.raises(StoreError, match=r"in vain for another command that makes the board of .*s, profile quick"):
        board_lock(store, "quick", told.append, patience=0.05).__enter__()
    with board_lock(store, "full", told.append):
        assert told == []

    def hear(text: str) -> None:
        told.append(text)
        go.set()

    with board_lock(store, "quick", hear):
        holder.join()
    assert told[0].startswith("Waiting for another command that makes the board of") and "s so far" in told[0]


class Never:
    """A lock that somebody else holds for ever, on a clock of its own."""

    def __init__(self, *_, timeout=None) -> None:
        self.now, self.asked = 0.0, []

    def acquire(self, timeout=None) -> None:
        assert timeout is not None
        self.asked.append(timeout)
        self.now += timeout
        raise filelock.Timeout("lock")


def test_pauses_double_until_patience_ends(tmp_path, monkeypatch):
    lock, told = Never(), []
    monkeypatch.setattr(filelock, "FileLock", lambda *_: lock)
    monkeypatch.setattr(locks, "time", SimpleNamespace(monotonic=lambda: lock.now))
    with pytest.raises(StoreError, match="waited 1800 s in vain"):
        board_lock(Store(tmp_path, "s"), "quick", told.append).__enter__()
    assert lock.asked == [*(2.0**k for k in range(10)), 777.0]
    assert [re.findall(r"(\d+) s so far, (\d+) minutes at most", text) for text in told] == [
        [(str(2**k - 1), "30")] for k in range(1, 11)
    ]


def test_a_second_run_is_refused_at_once_and_may_come_after_the_first(tmp_path, monkeypatch):
    store, real, waits = Store(tmp_path / "a" / "b", "s"), filelock.FileLock, []

    def noted(path, timeout):
        waits.append(timeout)
        return real(path, timeout=0)

    monkeypatch.setattr(filelock, "FileLock", noted)
    for _ in range(2):
        with run_lock(store), pytest.raises(filelock.Timeout):
            run_lock(store).__enter__()
    assert waits == [0] * 4
