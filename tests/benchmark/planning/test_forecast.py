"""What is left is foretold from trials that ran here, never from those of another entry."""

import pytest

from benchmark.planning import Plan, PlannedTrial, State, forecast, longest_first
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


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (2.4, "2 s"), (89.4, "89 s"), (90, "2 min"), (5399, "90 min"), (5400, "1.5 h"), (9000, "2.5 h")],
)
def test_times_are_said_in_the_unit_that_fits(seconds, said):
    told = foretold({cell("a", "x", 0): seconds}, [cell("a", "x", 1), cell("a", "z", 0)])
    assert f"1 should take about {said}, as" in told.sentence(jobs=1, limit=seconds)
    assert told.sentence(jobs=1, limit=seconds).endswith(
        f"never timed here: z (1), at most {said} each and thread. 1 at once."
    )
    known = foretold({cell("a", "x", 0): seconds}, [cell("a", "x", 1)]).sentence(jobs=1, limit=1)
    assert known == f"1 trials are left; 1 should take about {said}, as earlier trials here did. 1 at once."


def test_only_done_trials_tell_and_only_what_would_run_is_left():
    standing = ["todo", "stale", "failed", "done", "not-applicable", "same-as"]
    cells = [cell("a", "x", fold) for fold in range(len(standing))]
    trials = tuple(PlannedTrial(c, "m:C", {}, "classic") for c in cells)
    records = {
        cells[1]: Record("k", cells[1], "done", {"seconds": {"fit": 8.0}}),
        cells[2]: Record("k", cells[2], "failed", {"seconds": {"fit": 500.0}}),
    }
    told = forecast(
        Plan("s", "S", "quick", {}, trials), State(dict(zip(cells, standing, strict=True)), {}, records, {})
    )
    assert (told.trials, told.seconds, told.unknown) == (3, 24.0, {})
    unknown = foretold({}, [cell("a", name, fold) for name in "zab" for fold in (0, 1)]).sentence(jobs=3, limit=60)
    assert (
        unknown == "6 trials are left; never timed here: a (2), b (2), z (2), at most 60 s each and thread. 3 at once."
    )


def test_the_longest_start_first_and_equal_ones_stay_in_order():
    done = {
        cell("a", "slow", 0): 90.0,
        cell("a", "quick", 0): 0.1,
        cell("a", "quick", 1): 0.3,
        cell("b", "slow", 0): 2.0,
    }
    records = {c: Record("k", c, "done", {"seconds": {"fit": s}}) for c, s in done.items()}
    asked = [
        ("a", "quick", "deep"),
        ("a", "new-rule", "rule"),
        ("b", "slow", "classic"),
        ("a", "new-deep", "deep"),
        ("a", "slow", "rule"),
        ("a", "mine", "own"),
        ("c", "slow", "rule"),
        ("a", "new-classic", "classic"),
    ]
    trials = [PlannedTrial(cell(task, entry, 5), "m:C", {}, family) for task, entry, family in asked]
    twice = [t for t in trials for _ in range(2)]
    found = longest_first(twice, State({}, {}, records, {}))
    names = [f"{t.identity.task} {t.identity.entry}" for t in found]
    order = ["a slow", "c slow", "a new-deep", "a mine", "a new-classic", "b slow", "a new-rule", "a quick"]
    assert names == [name for name in order for _ in range(2)]
    assert sorted(map(id, found)) == sorted(map(id, twice))
