"""What is said of a run that goes on: times as on a clock, one line a trial, the time left from what trials took."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.commands import progress
from benchmark.commands.console import console
from benchmark.commands.progress import RunProgress, clock
from benchmark.records import Identity
from benchmark.workers import Job
from datasets.cohort import NotApplicable

REFUSED = f"Traceback\n{NotApplicable.__module__}.{NotApplicable.__qualname__}: no genes"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (9.4, "0:09"), (59.6, "1:00"), (61, "1:01"), (3599, "59:59"), (3600, "1:00:00"), (7325, "2:02:05")],
)
def test_seconds_are_shown_as_on_a_clock(seconds, shown):
    assert clock(seconds) == shown


@given(st.integers(0, 400_000))
def test_a_clock_says_each_second(seconds):
    parts = [int(part) for part in clock(seconds).split(":")]
    assert sum(part * 60**k for k, part in enumerate(reversed(parts))) == seconds
    assert all(part < 60 for part in parts[1:]) and (len(parts) == 3) == (seconds >= 3600)


def job(entry: str, fold: int = 0) -> Job:
    return Job(
        identity=Identity("quick", "apl", entry, 1, fold), key=f"{entry}-{fold}", study="", target="", dataset="",
        options={}, data_root=None, fingerprint="", split="", params={}, tune=None, device="cpu", runs="", suite="",
        versions={},
    )  # fmt: skip


def shown(jobs: list[Job], ends: list[tuple[Job, str, float]], workers: int, *, terminal: bool = False) -> str:
    made = console()
    made.file, made.width = io.StringIO(), 60  # narrower than a line, which is not broken
    made._force_terminal = terminal
    with RunProgress(made, jobs, workers) as listener:
        for ended, error, seconds in ends:
            listener.started(ended)
            listener.finished(ended, error, seconds)
    return made.file.getvalue()


def test_each_trial_is_a_line_with_the_time_that_is_left(monkeypatch):
    now = iter([100.0, 175.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now, 175.0))
    first, second, other, last = job("rf"), job("rf", 1), job("svm"), job("rf", 2)
    ends = [(first, "", 10.0), (other, "Traceback\nmodels.Odd: no\n", 100.0), (second, REFUSED, 30.0), (last, "", 1.0)]
    lines = shown([first, second, other, last], ends, workers=2).splitlines()
    assert lines == [
        "[1/4] apl / rf / seed 1 fold 0: done in 10.0 s; about 0:15 left",  # three times 10 s in twos
        "[2/4] apl / svm / seed 1 fold 0: failed: Odd: no in 100.0 s; about 0:10 left",  # twice 10 s in twos
        "[3/4] apl / rf / seed 1 fold 1: not applicable: no genes in 30.0 s; about 0:10 left",  # once 20 s
        "[4/4] apl / rf / seed 1 fold 2: done in 1.0 s; took 1:15",
    ]


def test_an_entry_that_was_never_seen_takes_what_trials_take():
    jobs = [job("rf"), job("rf", 1), job("svm")]
    said = shown(jobs, [(jobs[0], "", 20.0), (jobs[1], "", 40.0)], workers=0)
    assert re.findall(r"about (\S+) left", said) == ["0:40", "0:30"]


def test_a_terminal_shows_lines_of_failures_only():
    jobs = [job("rf"), job("svm")]
    said = shown(jobs, [(jobs[0], "", 1.0), (jobs[1], "Traceback\nOdd: no", 1.0)], workers=1, terminal=True)
    assert "svm / seed 1 fold 0: failed: Odd: no in 1.0 s" in said
    assert "done in" not in said


def test_rows_of_trials_go_when_they_end():
    made = console()
    made.file, made.width, made._force_terminal = io.StringIO(), 300, True
    jobs = [job("rf"), job("svm")]
    with RunProgress(made, jobs, 2) as listener:
        for one in jobs:
            listener.started(one)
        assert listener._live.live.is_started
        assert len(listener._live.tasks) == 3
        listener.finished(jobs[0], "", 4.0)
        trials, row = listener._live.tasks
        assert (trials.completed, trials.total, trials.fields["left"]) == (1, 2, "about 0:02 left")
        assert row.description == "  apl / svm / seed 1 fold 0"
    assert not listener._live.live.is_started
