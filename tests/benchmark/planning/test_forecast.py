"""What is left is foretold from trials that ran here, never from those of another entry."""

import pytest

from benchmark.planning import Plan, PlannedTrial, State, forecast
from benchmark.records import Identity, Record


def cell(task: str, entry: str, fold: int) -> Identity:
    return Identity("quick", task, entry, 0, fold)


def foretold(seconds: dict[Identity, float], left: list[Identity]):
    trials = tuple(PlannedTrial(c, "m:C", {}, "classic") for c in [*seconds, *left])
    records = {c: Record("k", c, "done", {"seconds": {"fit": s - 1, "predict": 1.0}}) for c, s in seconds.items()}
    status = {**dict.fromkeys(seconds, "done"), **dict.fromkeys(left, "todo")}
    return forecast(Plan("s", "S", "quick", {}, trials), State(status, {}, records, {}))


def test_the_median_of_the_same_task_counts_then_that_of_any_task():
    seconds = {cell("a", "x", 0): 10.0, cell("a", "x", 1): 30.0, cell("b", "x", 0): 500.0, cell("a", "y", 0): 7.0}
    left = [cell("a", "x", 2), cell("c", "x", 0), cell("a", "z", 0), cell("a", "z", 1)]
    told = foretold(seconds, left)
    assert told.trials == 4 and told.unknown == {"z": 2}
    assert told.seconds == pytest.approx(20 + 30)  # the median of 10 and 30, then that of 10, 30 and 500
    text = told.sentence(jobs=2, limit=900)
    assert text == (
        "4 trials are left; 2 should take about 25 s, as earlier trials here did; never timed here: z (2), "
        "at most 15 min each and thread. 2 at once."
    )


def test_nothing_left_is_said():
    assert foretold({cell("a", "x", 0): 10.0}, []).sentence(jobs=2, limit=900) == "Nothing is left to run."
