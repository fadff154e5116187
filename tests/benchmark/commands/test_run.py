"""What each part of a run decides and says, and a run as a user sees it: plan, resume, torn records, tuning."""

import io
import json
import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from benchmark.commands import plan_page, shown_report
from benchmark.commands import run as module
from benchmark.commands.holes import hole_lines
from benchmark.commands.run import RunOptions, Stopped
from benchmark.entries import UsageError
from benchmark.planning import Plan, PlannedTask, PlannedTrial, State
from benchmark.planning.plan_file import save
from benchmark.records import Identity, Store
from benchmark.suites import Profile
from datasets.sealed import Untrusted
from tests.benchmark.tiny_suite import SUITE, benchmark, command, environment, records, run, scores


def made_console() -> Console:
    return Console(file=io.StringIO(), width=400)


def text_of(console: Console) -> str:
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("cores", "given", "jobs", "shares"),
    [
        (6, "", 0, (6, 1)), (6, "", 4, (4, 1)), (6, "", 2, (2, 3)), (6, "", 12, (12, 1)), (6, "2", 0, (3, 2)),
        (6, "2", 5, (5, 2)), (6, "8", 0, (1, 8)), (6, " 4 ,2", 0, (1, 4)), (6, "1", 0, (6, 1)), (6, "6", 1, (1, 6)),
    ],
)  # fmt: skip
def test_cores_are_shared_among_trials_and_their_threads(monkeypatch, cores, given, jobs, shares):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(cores)))
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert module._shares(jobs) == shares
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert module._shares(jobs) == shares
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert not given or module._shares(0) == (1, shares[1])
    assert given or module._shares(0) == (1, 1)


@pytest.mark.parametrize("given", ["0", "many", "-1", "1.5"])
def test_what_is_no_number_of_threads_is_refused(monkeypatch, given):
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    with pytest.raises(UsageError, match=f"OMP_NUM_THREADS={given}: give a whole number of threads"):
        module._shares(0)


def test_paths_hold_wherever_an_entry_goes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEMABENCH_DATA", "data")
    monkeypatch.setenv("HEMABENCH_CACHE", "")
    options = module._absolute(RunOptions(out=Path("runs"), data_root=Path("real")))
    assert (options.out, options.data_root) == (tmp_path / "runs", tmp_path / "real")
    assert os.environ["HEMABENCH_DATA"] == str(tmp_path / "data") and os.environ["HEMABENCH_CACHE"] == ""
    assert module._absolute(RunOptions()).data_root is None
    assert (
        module._absolute_dataset("c.toml") == str(tmp_path / "c.toml") and module._absolute_dataset("golub") == "golub"
    )


def test_a_suite_or_datasets_and_options_with_datasets_alone():
    assert module.chosen_suite("smoke", (), ()).name == "smoke"
    assert module.chosen_suite(None, ["golub"], ["a=1"]).tasks[0].options == {"a": 1}
    with pytest.raises(UsageError, match="--option goes with --dataset alone: the tasks of suite smoke"):
        module.chosen_suite("smoke", (), ["a=1"])
    with pytest.raises(UsageError, match="name a suite"):
        module.chosen_suite(None, (), ())


STANDING = ("done", "stale", "failed", "todo", "not-applicable", "same-as")
CODES = {"m:e": {"a": 1}, "m:gone": None}


def task(**more) -> PlannedTask:
    told = {"flags": (), "notes": (), "allowed": ("r",), **more}
    return PlannedTask("t", "T", "c.toml", {"o": 1}, ("a", "b"), True, told.pop("flags"), told.pop("notes"), "d", "s",
                       (0, 1), **told)  # fmt: skip


def trial(fold: int, entry: str = "e", **more) -> PlannedTrial:
    parts = {"dataset": "d", "split": "s", "params": {"p": 1}, "tune": None, "device": "cpu", "fold": fold}
    return PlannedTrial(Identity("quick", "t", entry, 0, fold), f"m:{entry}", parts, "classic", **more)


def planned(**more) -> tuple[Plan, State]:
    trials = (*(trial(fold) for fold in range(6)), trial(3, "gone"))
    status = dict(zip((t.identity for t in trials), (*STANDING, "todo"), strict=True))
    keys = {t.identity: f"key-{t.identity.entry}-{t.identity.fold}" for t in trials}
    return Plan("s", "Title", "quick", {"t": task()}, trials, **more), State(status, keys, {}, CODES)


def test_what_is_left_becomes_jobs_with_all_that_a_worker_needs(tmp_path, monkeypatch):
    plan, state = planned()
    monkeypatch.setattr(module, "commit", lambda: "abc")
    options = RunOptions(out=tmp_path, data_root=Path("/real"))
    jobs = module._jobs(plan, state, options)
    assert [(j.identity.entry, j.identity.fold, j.key) for j in jobs] == [("e", k, f"key-e-{k}") for k in (1, 2, 3)]
    one = jobs[0].plain()
    assert {key: one[key] for key in ("target", "options", "data_root", "fingerprint", "split", "params", "tune")} == {
        "target": "m:e", "options": {"o": 1}, "data_root": "/real", "fingerprint": "d", "split": "s",
        "params": {"p": 1}, "tune": None,
    }  # fmt: skip
    assert (one["device"], one["runs"], one["suite"], one["dataset"]) == (
        "cpu", str(tmp_path), "s", str(Path("c.toml").absolute())
    )  # fmt: skip
    assert one["study"] == trial(1).study({"a": 1}) != trial(2).study({"a": 1})
    assert one["versions"] == {"commit": "abc", "code": {"a": 1}, "dataset": "d", "split": "s", "allowed": ["r"]}
    assert module._jobs(plan, state, RunOptions())[0].data_root is None


def test_one_worker_keeps_the_order_of_the_plan_and_several_start_with_the_longest():
    slow = replace(trial(5), identity=Identity("quick", "t", "slow", 0, 5), family="deep", target="m:e")
    trials = (trial(0), trial(1), slow)
    state = State(dict.fromkeys((t.identity for t in trials), "todo"),
                  {t.identity: f"k{i}" for i, t in enumerate(trials)}, {}, CODES)  # fmt: skip
    plan = Plan("s", "Title", "quick", {"t": task()}, trials)
    for jobs, order in ((1, ["k0", "k1", "k2"]), (2, ["k2", "k0", "k1"])):
        assert [job.key for job in module._jobs(plan, state, RunOptions(jobs=jobs))] == order


def test_a_plan_is_said_in_one_line_or_as_a_table_with_its_problems():
    plan, state = planned(absent=("t2: not here",), broken=("t3: blocked",))
    console = made_console()
    plan_page.show_plan(plan, state, console, always=False)
    assert text_of(console) == (
        "Title, profile quick: 1 done, 1 stale, 1 failed, to redo, 2 to do, 1 not applicable, "
        "1 the same as another entry's.\n"
    )
    empty = made_console()
    plan_page.show_plan(
        Plan("s", "Title", "quick", {}, (), ("t2: not here",)), State({}, {}, {}, {}), empty, always=False
    )
    assert text_of(empty) == "Title, profile quick: no trials.\nNot run: t2: not here\n"
    whole = made_console()
    torn = State(state.status, state.keys, {}, CODES, ("code is gone",), (ValueError("/x is torn"),))
    plan_page.show_plan(plan, torn, whole, always=True)
    assert text_of(whole).endswith(
        "Not trusted: /x is torn\nNot trusted: code is gone\nNot run: t2: not here\nNot run: t3: blocked\n"
    )
    assert "Title: plan of profile quick" in text_of(whole)


def test_a_table_counts_the_trials_of_each_entry_and_says_why_none_runs():
    trials = (trial(0), trial(1), trial(2), trial(3), trial(0, "b", reason="needs genes"), trial(0, "c", same_as="e"))
    status = dict(
        zip((t.identity for t in trials), ["done", "done", "stale", "failed", "todo", "same-as"], strict=True)
    )
    other = replace(trial(0), identity=Identity("quick", "t2", "e", 0, 0))
    status[other.identity] = "done"
    plan = Plan("s", "S", "quick", {"t": task(), "t2": task()}, (*trials, other))
    first, second = plan_page.plan_tables(plan, State(status, {}, {}, {}))
    rows = list(zip(*(list(column.cells) for column in first.columns), strict=True))
    headers = ["entry", "trials", "done", "stale", "failed", "to do", "not run because it"]
    assert first.title == "t" and [column.header for column in first.columns] == headers
    assert rows == [
        ("e", "4", "2", "1", "1", "0", ""),
        ("b", "1", "0", "0", "0", "1", "needs genes"),
        ("c", "1", "0", "0", "0", "0", "is the same as e here"),
    ]
    assert second.title == "t2" and [column.header for column in second.columns] == ["entry", "trials", "done", "to do"]
    assert [list(column.cells) for column in second.columns] == [["e"], ["1"], ["1"], ["0"]]


@pytest.fixture
def board(monkeypatch):
    """Let a report be made and written without scores; what it was asked is kept."""
    asked = {}

    def write(board, folder, site):
        asked.update(folder=folder, site=site)
        return {"page": Path.cwd() / "p.html", "csv": Path("/elsewhere/p.csv")}

    asked["state"] = planned()[1]
    for asking in (module, shown_report):
        monkeypatch.setattr(asking, "inspect", lambda plan, store: asked["state"])
    monkeypatch.setattr(shown_report, "make_board", lambda plan, state, store, command: asked.update(command=command))
    monkeypatch.setattr("leaderboard.formats.terminal.show", lambda board, console: console.print("THE BOARD"))
    monkeypatch.setattr("leaderboard.boards.board.write", write)
    return asked


def test_a_report_says_where_files_are_and_counts_holes_of_what_was_asked(tmp_path, board):
    store, console = Store(tmp_path, "s"), made_console()
    plan, _ = planned(absent=("t2: not here",))
    assert shown_report.report(plan, store, "the command", console) == 1
    assert text_of(console).splitlines() == [
        "THE BOARD", "Not run: t2: not here", "page: p.html", "csv: /elsewhere/p.csv",
        *hole_lines(plan, None, board["state"], store),
    ]  # fmt: skip
    assert (board["folder"], board["site"], board["command"]) == (
        store.folder / "leaderboard.quick",
        True,
        "the command",
    )
    assert "3 of 7 trials are holes" in text_of(console)
    whole = Plan("s", "S", "quick", {}, plan.trials[:2])
    assert shown_report.report(plan, store, "", made_console(), asked=whole, site=False) == 0 and board["site"] is False
    broken = Plan("s", "S", "quick", {}, plan.trials[:2], broken=("t3: blocked",))
    assert shown_report.report(plan, store, "", made_console(), asked=broken) == 1
    with pytest.raises(UsageError, match=r"nothing was run yet in .*s for profile quick; first: run it"):
        shown_report.report_saved(store, "quick", "run it", made_console())
    save(Plan("s", "S", "quick", {}, ()), store)
    assert shown_report.report_saved(store, "quick", "run it", made_console()) == 0 and board["site"] is True
    assert board["command"] == "run it"


def test_a_stopped_run_says_how_to_go_on(tmp_path, board):
    console = made_console()
    code = module._say_how_to_go_on(planned()[0], Store(tmp_path, "s"), RunOptions(command="go [on]"), console)
    assert code == 130
    assert text_of(console) == "\nStopped. 1 of 7 trials are kept; go on with:\n  go [on]\n"


@pytest.mark.parametrize("stops", [False, True])
def test_trials_run_with_the_profiles_limit_and_a_signal_stops_them(tmp_path, monkeypatch, stops):
    plan, state = planned()
    jobs, asked = module._jobs(plan, state, RunOptions(out=tmp_path)), {}

    def run_local(jobs, **more):
        asked.update(more, jobs=jobs)
        if stops:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(module, "_shares", lambda jobs: (jobs, 2))
    monkeypatch.setattr(module, "run_local", run_local)
    monkeypatch.setattr(module, "dry_checks", lambda jobs: [f"[{len(jobs)}] sentence"])
    before, console, store = signal.getsignal(signal.SIGTERM), made_console(), Store(tmp_path, "s")
    profile = Profile(entries=("prior",), trial_seconds=7)
    if stops:
        with pytest.raises(Stopped):
            module._execute(jobs, profile, RunOptions(jobs=8), store, console)
    else:
        module._execute(jobs, profile, RunOptions(jobs=8), store, console)
    assert signal.getsignal(signal.SIGTERM) is before
    assert text_of(console).startswith("[3] sentence\n3 trials, 3 at once, each with 2 threads.\n")
    assert (asked["workers"], asked["threads"], asked["limit"]) == (3, 2, 7)
    assert asked["logs"] == store.folder / "logs" and asked["jobs"] is jobs
    idle = made_console()
    module._execute([], profile, RunOptions(), store, idle)
    assert text_of(idle) == "Every trial is done; nothing to compute.\n"


def test_a_plan_is_made_of_what_was_asked_and_datasets_of_a_suite_only(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(module, "make_plan", lambda *args, **more: asked.append((args, more)))
    options = RunOptions(
        suite="x", entries=("e",), datasets=("d",), allow=("r",), seeds=(3,), device="cuda", data_root=tmp_path
    )
    for one in (options, RunOptions(datasets=("d",), dry_run=True)):
        module._plan(one, "suite", "quick", "profile", "store", made_console())
    (args, first), (_, second) = asked
    assert args[:3] == ("suite", "quick", "profile") and args[4] == "store" and args[3].data_root == tmp_path
    assert first.pop("facts") is module.facts_apart
    assert first == {
        "device": "cuda", "entries": ("e",), "datasets": ("d",), "allow": ("r",), "seeds": (3,), "keep": True
    }  # fmt: skip
    assert (second["datasets"], second["keep"], second["device"]) == ((), False, "auto")


def test_a_run_without_a_task_is_a_failure_and_a_run_keeps_its_plan_before_it_computes(tmp_path, monkeypatch, board):
    plan, done = planned()[0], []
    monkeypatch.setattr(module, "_plan", lambda *_: plan)
    monkeypatch.setattr(module, "check_source", lambda *_: None)

    def execute(jobs, profile, options, store, console):
        done.append(((store.folder / "plan.quick.json").exists(), [j.identity.fold for j in jobs]))

    monkeypatch.setattr(module, "_execute", execute)
    suite = SimpleNamespace(source=None, tasks_of=lambda name: [SimpleNamespace(name="t")])
    console, store = made_console(), Store(tmp_path, "s")
    left = tmp_path / "s" / "0123456789abcdef"
    left.mkdir(parents=True)
    board["state"] = State(board["state"].status, board["state"].keys, {}, CODES, (), (Untrusted(left, "is torn"),))
    assert module._run_alone(RunOptions(out=tmp_path), suite, "quick", None, store, console) == 1
    assert done == [(True, [1, 2, 3])] and "Quarantined" in text_of(console) and not left.exists()
    assert board["site"] is False

    def stop(*_):
        raise Stopped

    monkeypatch.setattr(module, "_execute", stop)
    left.mkdir()
    assert module._run_alone(RunOptions(out=tmp_path), suite, "quick", None, store, made_console()) == 130
    plan = Plan("s", "S", "quick", {}, ())
    none, empty = SimpleNamespace(source=None, tasks_of=lambda name: []), made_console()
    assert module._run_alone(RunOptions(out=tmp_path), none, "quick", None, Store(tmp_path, "s2"), empty) == 1
    assert "Nothing to run: no task is left" in text_of(empty)


def test_a_second_run_does_no_work_and_writes_the_same_bytes(first_run, done):
    home, (_, said) = done, first_run
    files = {p: p.read_bytes() for p in (home / "runs/tiny/leaderboard.quick").iterdir()}
    assert {p.suffix for p in files} == {".csv", ".md", ".html", ".tex", ".json"}
    stamps = {p: p.stat().st_mtime_ns for p in (home / "runs/tiny").glob("*/trial.json")}
    second = run(home, "--jobs", "2")  # the page names the command
    assert second.returncode == 0
    assert "Every trial is done; nothing to compute." in second.stdout
    assert stamps == {p: p.stat().st_mtime_ns for p in (home / "runs/tiny").glob("*/trial.json")}
    assert files == {p: p.read_bytes() for p in files}
    assert "generated cohort: figures describe algorithms, not patients" in said
    report = benchmark(home, "report", "--suite", "tiny.toml")
    assert report.returncode == 0
    written = {p.name for p in (home / "runs/tiny/leaderboard.quick").iterdir()}
    assert written == {p.name for p in files} | {"site"}
    assert (home / "runs/tiny/leaderboard.quick/site/index.html").is_file()


def test_runs_elsewhere_and_other_jobs_give_the_same_bytes(first_run, home, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    alone = run(home, "--jobs", "1")
    assert alone.returncode == 0 and all("each with 1 thread." in said for said in (alone.stdout, first_run[1]))
    two, single = records(first_run[0]), records(home)
    assert len(two) == 4 and two.keys() == single.keys()
    for cell, record in two.items():
        assert single[cell]["key"] == record["key"] and record["details"]["environment"]["threads"] == 1
        assert single[cell]["predictions_sha256"] == record["predictions_sha256"]


def test_dry_run_prints_the_plan_and_runs_nothing(home):
    done = run(home, "--dry-run")
    assert done.returncode == 0
    assert "logistic-regression" in done.stdout and not list((home / "runs").glob("*/*/trial.json"))
    assert "never timed here: logistic-regression (2), prior (2), at most" in done.stdout


def test_other_data_are_computed_anew_and_never_shown_as_stale(done):
    home = done
    (home / "tiny.toml").write_text(SUITE.replace("image_size = 32", "image_size = 32, seed = 5"))
    assert run(home, "--entry", "prior").returncode == 0
    assert set(scores(home)["entry"]) == {"prior"}
    assert not scores(home)["flags"].str.contains("stale").any()


def test_a_renamed_task_predicts_the_same(first_run, home, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = records(first_run[0])["logistic-regression", 0]["predictions_sha256"]
    (home / "tiny.toml").write_text(SUITE.replace('name = "sim"', 'name = "other"'))
    assert run(home, "--entry", "logistic-regression").returncode == 0
    assert records(home)["logistic-regression", 0]["predictions_sha256"] == before


def test_a_torn_record_is_named_and_computed_again(done):
    home = done
    victim = next((home / "runs/tiny").glob("*/predictions.parquet"))
    victim.write_bytes(victim.read_bytes()[:50])
    done = run(home)
    assert done.returncode == 0 and "Quarantined" in done.stdout and "3 done, 1 to do" in done.stdout


def test_tuning_is_recorded_and_the_quick_profile_says_untuned(done):
    home = done
    assert run(home, "--profile", "full").returncode == 0
    found = [json.loads(p.read_text()) for p in (home / "runs/tiny").glob("*/trial.json")]
    assert [r["details"]["tuning"]["trials"] for r in found if "tuning" in r["details"]] == [2, 2]
    assert not scores(home, "full")["flags"].str.contains("untuned", na=False).any()
    run(home)
    flags = scores(home).groupby("entry")["flags"].first()
    assert "untuned" in flags["logistic-regression"] and "untuned" not in str(flags["prior"])


REAL = """
[[tasks]]
name = "labs"
title = "Labs"
dataset = "apl-labs"
split = { scheme = "leave-one-domain-out" }
"""


def test_missing_real_data_is_named_with_its_command(home):
    text = SUITE.replace("[profiles.quick]", REAL + "[profiles.quick]", 1)
    (home / "tiny.toml").write_text(text)
    done = subprocess.run(
        command("run", "--suite", "tiny.toml"),
        cwd=home,
        env={**environment(), "HEMABENCH_DATA": str(home / "nowhere"), "XDG_DATA_HOME": str(home / "empty")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Get it: python -m benchmark data get apl-labs" in done.stdout
