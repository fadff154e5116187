"""What is said of holes: whose, why, what counts, and how to leave an entry out."""

import pytest
from filelock import Timeout

from benchmark.commands import shown_report as module
from benchmark.commands.holes import counted, hole_lines, holes
from benchmark.planning import Plan, PlannedTrial, State
from benchmark.records import Identity, Record, Store
from benchmark.suites import Source
from tests.benchmark.commands.test_run import made_console, text_of


def cell(entry: str, fold: int) -> Identity:
    return Identity("quick", "t", entry, 0, fold)


SMOKE = Source("tree", ("smoke",))


def board(source: Source = SMOKE, **standing: str) -> tuple[Plan, State]:
    """Return a plan and its state: entry -> one letter a fold, d(one), f(ailed), t(odo), n(ot applicable)."""
    words = {"d": "done", "f": "failed", "t": "todo", "n": "not-applicable"}
    status = {cell(e, k): words[letter] for e, letters in standing.items() for k, letter in enumerate(letters)}
    trials = tuple(PlannedTrial(i, f"/x/m.py:{i.entry}", {}, "own") for i in status)
    records = {
        i: Record("k", i, "failed", error=f"Trace\nx.Boom: {i.entry}\n") for i in status if status[i] == "failed"
    }
    codes = {t.target: None if t.identity.entry == "gone" else {} for t in trials}
    return Plan("smoke", "S", "quick", {}, trials, source=source), State(status, {}, records, codes)


def told(tmp_path, plan: Plan, state: State, asked: Plan | None = None) -> list[str]:
    return hole_lines(plan, asked, state, Store(tmp_path, "smoke"))


def of(plan: Plan, *entries: str) -> Plan:
    return Plan("smoke", "S", "quick", {}, tuple(t for t in plan.trials if t.identity.entry in entries))


def test_a_board_without_holes_says_nothing(tmp_path):
    plan, state = board(a="dd", b="nd")
    assert told(tmp_path, plan, state) == [] == holes(plan, state)


def test_holes_are_named_by_entry_with_what_was_raised_and_how_to_leave_it_out(tmp_path):
    plan, state = board(a="dd", b="ff", c="ft")
    assert told(tmp_path, plan, state) == [
        "4 of 6 trials are holes: b (2 failed, Boom: b), c (1 failed and 1 not run, Boom: c).",
        "To fill them run these entries again; what failed fails again until what it names is mended.",
        "To leave b, c out of this board (records are kept): python -m benchmark report --suite smoke --profile quick "
        f"--out {tmp_path} --drop b --drop c",
    ]  # fmt: skip


def test_what_only_waits_is_not_offered_to_be_left_out_but_code_that_is_gone_is(tmp_path):
    plan, state = board(a="t")
    assert told(tmp_path, plan, state, plan)[:1] == ["1 of 1 trial is a hole: a (1 not run)."]
    assert (
        "run the same command again" in told(tmp_path, plan, state, plan)[1] and len(told(tmp_path, plan, state)) == 2
    )
    gone = board(gone="t", a="d")
    assert told(tmp_path, *gone)[-1].endswith("--drop gone")


def test_holes_of_others_are_named_and_do_not_count_for_what_was_asked(tmp_path):
    plan, state = board(a="dd", b="ff")
    (others, leave) = told(tmp_path, plan, state, of(plan, "a"))
    assert others.startswith("The board has 2 more of entries that this call did not ask for: b (2 failed, Boom: b). ")
    assert "report counts them" in others and leave.endswith("--drop b")
    assert not holes(of(plan, "a"), state)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source("datasets", ("golub", "/my/cohort.toml")), "--dataset golub --dataset /my/cohort.toml --profile"),
        (Source("file", ("/my own/s.toml",)), "--suite '/my own/s.toml' --profile"),
    ],
)
def test_the_command_names_what_the_board_is_of(tmp_path, monkeypatch, source, words):
    monkeypatch.chdir(tmp_path)
    plan, state = board(source, **{"a[x=none]": "f"})
    said = hole_lines(plan, None, state, Store(tmp_path / "runs", "smoke"))[-1]
    assert f"report {words} quick --drop 'a[x=none]'" in said


def test_one_is_no_plural():
    assert (counted(1, "thread"), counted(2, "trial"), counted(0, "trial")) == ("1 thread", "2 trials", "0 trials")


def test_many_entries_are_not_all_listed(tmp_path):
    lines = told(tmp_path, *board(**{f"e{k}": "f" for k in range(9)}))
    assert "e4 (1 failed, Boom: e4) and 4 more." in lines[0] and "e4 and 4 more out of this board" in lines[-1]


def test_nothing_is_left_out_while_a_run_goes_on(tmp_path, monkeypatch):
    def busy(store):
        raise Timeout("lock")

    monkeypatch.setattr(module, "saved", lambda *_: board(a="d")[0])
    monkeypatch.setattr(module, "run_lock", busy)
    console = made_console()
    assert module.report_saved(Store(tmp_path, "smoke"), "quick", "run it", console, ("a",)) == 2
    assert "Another run is writing to" in text_of(console)
