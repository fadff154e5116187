"""A run as a user sees it: plan, resume, stale rows, holes, kills, models of one's own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
SUITE = """
name = "tiny"
title = "Tiny"
[[tasks]]
name = "sim"
title = "Generated, tiny"
dataset = "apl-sim"
options = { patients = 40, cells = 2, image_size = 32 }
split = { scheme = "kfold", folds = 2, train_domains = ["A", "B"] }
[profiles.quick]
entries = ["prior", "logistic-regression"]
trial_seconds = 120
[profiles.brief]
entries = ["prior"]
trial_seconds = 3
[profiles.full]
entries = ["prior", "logistic-regression"]
tune = { trials = 2, seconds = 30 }
"""
MINE = """
import numpy as np
from helper import LEVEL


class Uniform:
    needs = frozenset()

    def __init__(self, *, seed: int = 0):
        self.seed = seed

    def fit(self, train, valid):
        return self

    def predict_proba(self, cohort):
        return np.full((len(cohort), cohort.n_classes), LEVEL / cohort.n_classes)


class Broken(Uniform):
    def fit(self, train, valid):
        raise ValueError("planted <b>failure</b>")


class Slow(Uniform):
    def fit(self, train, valid):
        import subprocess

        subprocess.run(["sleep", "600"])


class Spinning(Uniform):
    def fit(self, train, valid):
        while True:
            pass


class Killed(Uniform):
    def fit(self, train, valid):
        import os

        os.kill(os.getpid(), 9)
"""


@pytest.fixture
def home(tmp_path):
    (tmp_path / "tiny.toml").write_text(SUITE)
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "helper.py").write_text("LEVEL = 1\n")
    return tmp_path


def benchmark(home: Path, *words: str, root: Path = ROOT) -> subprocess.CompletedProcess:
    return subprocess.run(command(*words), cwd=home, env=environment(root), capture_output=True, text=True, timeout=300)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "benchmark", *words]


def environment(root: Path = ROOT) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"}


def run(home: Path, *words: str, **more) -> subprocess.CompletedProcess:
    return benchmark(home, "run", "--suite", "tiny.toml", *words, **more)


def records(home: Path) -> dict[tuple[str, int], dict]:
    found = [json.loads(p.read_text()) for p in (home / "runs/tiny").glob("*/trial.json")]
    return {(r["identity"]["entry"], r["identity"]["fold"]): r for r in found}


def predictions(home: Path, record: dict) -> Path:
    return home / "runs/tiny" / record["key"][:16] / "predictions.parquet"


def scores(home: Path, profile: str = "quick") -> pd.DataFrame:
    return pd.read_csv(home / f"runs/tiny/leaderboard.{profile}/leaderboard.csv")


def test_a_second_run_does_no_work_and_writes_the_same_bytes(home):
    first = run(home)
    assert first.returncode == 0, first.stdout + first.stderr
    files = {p: p.read_bytes() for p in (home / "runs/tiny/leaderboard.quick").iterdir()}
    assert {p.suffix for p in files} == {".csv", ".md", ".html", ".tex", ".json"}
    stamps = {p: p.stat().st_mtime_ns for p in (home / "runs/tiny").glob("*/trial.json")}
    second = run(home)
    assert second.returncode == 0
    assert "Every trial is done; nothing to compute." in second.stdout
    assert stamps == {p: p.stat().st_mtime_ns for p in (home / "runs/tiny").glob("*/trial.json")}
    assert files == {p: p.read_bytes() for p in files}
    assert "generated cohort: figures describe algorithms, not patients" in first.stdout
    report = benchmark(home, "report", "--suite", "tiny.toml")
    assert report.returncode == 0
    written = {p.name for p in (home / "runs/tiny/leaderboard.quick").iterdir()}
    assert written == {p.name for p in files} | {"site"}
    assert (home / "runs/tiny/leaderboard.quick/site/index.html").is_file()


def test_runs_elsewhere_and_other_jobs_give_the_same_bytes(home, tmp_path_factory):
    others = [tmp_path_factory.mktemp("other") for _ in range(2)]
    for folder, jobs in ((home, "2"), (others[0], "2"), (others[1], "1")):
        (folder / "tiny.toml").write_text(SUITE)
        done = subprocess.run(
            command("run", "--suite", "tiny.toml", "--jobs", jobs),
            cwd=folder,
            env={**environment(), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0 and "each with 1 threads" in done.stdout
    one, two, single = records(home), records(others[0]), records(others[1])
    assert len(one) == 4 and one.keys() == two.keys() == single.keys()
    assert all(one[c]["predictions_sha256"] == two[c]["predictions_sha256"] for c in one)
    for cell, record in one.items():
        assert single[cell]["key"] == record["key"] and record["details"]["environment"]["threads"] == 1
        assert single[cell]["predictions_sha256"] == record["predictions_sha256"]


def test_dry_run_prints_the_plan_and_runs_nothing(home):
    done = run(home, "--dry-run")
    assert done.returncode == 0
    assert "logistic-regression" in done.stdout and not list((home / "runs").glob("*/*/trial.json"))
    assert "never timed here: logistic-regression (2), prior (2), at most" in done.stdout


def test_a_model_outside_the_tree_joins_the_board_and_goes_stale_with_its_helper(home):
    run(home)
    mine = run(home, "--entry", "mine.py:Uniform")
    assert mine.returncode == 0, mine.stdout + mine.stderr
    assert set(scores(home)["entry"]) == {"prior", "logistic-regression", "Uniform"}
    (home / "helper.py").write_text("# a comment\nLEVEL = 1\n")
    assert "to do" not in run(home, "--entry", "mine.py:Uniform").stdout.splitlines()[0]
    (home / "helper.py").write_text("LEVEL = 1.0\n")
    benchmark(home, "report", "--suite", "tiny.toml")
    flags = scores(home).groupby("entry")["flags"].first()
    assert [entry for entry in flags.index if "stale" in str(flags[entry])] == ["Uniform"]
    again = run(home, "--entry", "mine.py:Uniform")
    assert "2 stale" in again.stdout and "stale" not in str(scores(home).groupby("entry")["flags"].first()["Uniform"])


def test_editing_a_helper_in_the_tree_makes_exactly_its_entries_stale(home, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    for package in ("benchmark", "baselines", "models", "datasets", "leaderboard"):
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    assert run(home, root=tree).returncode == 0
    for name, text in {
        "baselines/views/clinical.py": "\n_PLANTED = 1\n",
        "models/training/training.py": "\n_PLANTED = 1\n",
    }.items():
        (tree / name).write_text((tree / name).read_text() + text)
    (tree / "baselines/controls/prior.py").write_text(
        "# only a comment\n" + (tree / "baselines/controls/prior.py").read_text()
    )
    plan = run(home, "--dry-run", root=tree)
    rows = {
        re.split(r"[│┃ ]+", line)[2]: re.split(r"[│┃ ]+", line) for line in plan.stdout.splitlines() if "sim " in line
    }
    assert rows["prior"][4:6] == ["2", "0"], plan.stdout
    assert rows["logistic-regression"][4:6] == ["0", "2"], plan.stdout


def test_a_failed_trial_is_a_hole_with_its_traceback(home):
    done = run(home, "--entry", "prior", "--entry", "mine.py:Broken")
    assert done.returncode == 1
    record = records(home)["Broken", 0]
    assert record["status"] == "failed" and "mine.py" in record["error"] and "planted" in record["error"]
    board = scores(home).query("entry == 'Broken'")
    assert board["value"].isna().all() and "failed" in board["note"].iloc[0]
    page = (home / "runs/tiny/leaderboard.quick/leaderboard.html").read_text()
    assert "planted &lt;b&gt;failure" in page and "<b>failure" not in page


def test_a_killed_and_an_endless_trial_fail_alone(home):
    done = run(home, "--profile", "brief", "--jobs", "2", "--entry", "mine.py:Killed", "--entry", "prior")
    assert done.returncode == 1
    found = records(home)
    assert "(killed by signal 9: out of memory?)" in found["Killed", 0]["error"]
    assert found["prior", 0]["status"] == found["prior", 1]["status"] == "done"
    run(home, "--profile", "brief", "--jobs", "2", "--entry", "mine.py:Spinning")
    assert "trial_seconds is 3" in records(home)["Spinning", 0]["error"]


def test_an_entry_that_cannot_be_imported_is_a_hole_and_the_others_run(home):
    (home / "absent.py").write_text("import no_such_library\n\n\nclass Absent:\n    pass\n")
    done = run(home, "--entry", "absent.py:Absent", "--entry", "prior")
    assert done.returncode == 1
    assert "ModuleNotFoundError" in records(home)["Absent", 0]["error"]
    assert records(home)["prior", 1]["status"] == "done"
    assert run(home, "--entry", "prior").returncode == 0
    (home / "absent.py").write_text("class Absent(\n")
    wrong = run(home, "--entry", "absent.py:Absent")
    assert wrong.returncode == 2 and "Absent" in wrong.stderr and "Traceback" not in wrong.stderr
    report = benchmark(home, "report", "--suite", "tiny.toml")
    assert "cannot be parsed" in report.stdout and "prior" in report.stdout


def test_files_of_two_folders_keep_their_own_helpers_and_names(home):
    for folder, level in (("a", 0.75), ("b", 0.5)):
        (home / folder).mkdir()
        (home / folder / "helper.py").write_text(f"LEVEL = {level}\n")
        text = MINE.replace("class Uniform", f"class Uniform{folder.upper()}").replace(
            "(Uniform)", f"(Uniform{folder.upper()})"
        )
        text = text.replace("from helper import LEVEL\n", "").replace(
            "        return np.full", "        from helper import LEVEL\n\n        return np.full"
        )
        (home / folder / "mine.py").write_text(
            text.replace(
                "LEVEL / cohort.n_classes)", "0.2) + (LEVEL - 0.2) * np.array([1, -0.25, -0.25, -0.25, -0.25])"
            )
        )
    done = run(home, "--jobs", "1", "--entry", "a/mine.py:UniformA", "--entry", "b/mine.py:UniformB")
    assert done.returncode == 0, done.stdout
    for entry, level in (("UniformA", 0.75), ("UniformB", 0.5)):
        for fold in (0, 1):
            assert pd.read_parquet(predictions(home, records(home)[entry, fold]))["p0"].unique() == [level]
    clash = run(home, "--entry", "mine.py:Slow", "--entry", "a/mine.py:Slow")
    assert clash.returncode == 2 and "two entries are called Slow" in clash.stderr
    assert run(home, "--entry", "prior", "--entry", "prior", "--seed", "0", "--seed", "0").returncode == 0


def test_other_data_are_computed_anew_and_never_shown_as_stale(home):
    assert run(home).returncode == 0
    (home / "tiny.toml").write_text(SUITE.replace("image_size = 32", "image_size = 32, seed = 5"))
    assert run(home, "--entry", "prior").returncode == 0
    assert set(scores(home)["entry"]) == {"prior"}
    assert not scores(home)["flags"].str.contains("stale").any()


def test_a_renamed_task_predicts_the_same(home):
    assert run(home, "--entry", "logistic-regression").returncode == 0
    before = records(home)["logistic-regression", 0]["predictions_sha256"]
    (home / "tiny.toml").write_text(SUITE.replace('name = "sim"', 'name = "other"'))
    shutil.rmtree(home / "runs")
    assert run(home, "--entry", "logistic-regression").returncode == 0
    assert records(home)["logistic-regression", 0]["predictions_sha256"] == before


def test_code_that_changes_during_a_run_is_not_filed(home):
    (home / "mine.py").write_text(MINE + CHANGES_ITSELF)
    done = run(home, "--entry", "mine.py:Restless")
    assert done.returncode == 1
    assert "changed while it ran" in records(home)["Restless", 0]["error"]


def descendants(pid: int) -> list[int]:
    """Return what descends from a process, the process itself left out."""
    parent = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] != "Z":
            parent[int(stat.parent.name)] = int(fields[1])
    found = [pid]
    for one in found:
        found += [child for child, its in parent.items() if its == one]
    return found[1:]


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def start(home: Path, *words: str, interrupts: signal.Handlers = signal.SIG_DFL) -> subprocess.Popen:
    """Start a run that does not end by itself; what this process does at SIGINT is not handed on."""
    return subprocess.Popen(
        command("run", "--suite", "tiny.toml", *words, "--entry", "mine.py:Slow"),
        cwd=home,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, interrupts),
    )


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc to see processes")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_keeps_what_is_done_leaves_no_process_and_goes_on(home, how):
    ignored = how == signal.SIGTERM  # as from nohup: SIGINT does nothing, SIGTERM stops
    process = start(home, "--jobs", "1", "--entry", "prior", interrupts=signal.SIG_IGN if ignored else signal.SIG_DFL)
    wait_for(lambda: len(records(home)) == 2, 150)
    wait_for(lambda: any("sleep" in name_of(pid) for pid in descendants(process.pid)))
    if ignored:
        process.send_signal(signal.SIGINT)
    ours = descendants(process.pid)
    process.send_signal(how)
    output, _ = process.communicate(timeout=120)
    wait_for(lambda: not any(map(alive, ours)), 30)
    if how != signal.SIGKILL:
        assert process.returncode == 130
        assert "Stopped. 2 of 4 trials are kept; go on with:" in output and "mine.py:Slow" in output
    if how == signal.SIGKILL:
        (home / "mine.py").write_text(MINE.replace('subprocess.run(["sleep", "600"])', "return self"))
        done = run(home, "--entry", "prior", "--entry", "mine.py:Slow")
        assert done.returncode == 0 and "2 done, 2 to do" in done.stdout


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_two_runs_do_not_write_to_one_store(home):
    first = start(home)
    try:
        wait_for(lambda: list((home / "runs/tiny/logs").glob("*.log")))
        second = run(home)
        assert second.returncode == 2 and "Another run is writing" in second.stdout
    finally:
        first.kill()
        first.communicate()


def test_a_torn_record_is_named_and_computed_again(home):
    run(home)
    victim = next((home / "runs/tiny").glob("*/predictions.parquet"))
    victim.write_bytes(victim.read_bytes()[:50])
    done = run(home)
    assert done.returncode == 0 and "Quarantined" in done.stdout and "3 done, 1 to do" in done.stdout


def test_tuning_is_recorded_and_the_quick_profile_says_untuned(home):
    assert run(home, "--profile", "full").returncode == 0
    record = records(home)["logistic-regression", 0]
    assert record["details"]["tuning"]["trials"] == 2
    assert not scores(home, "full")["flags"].str.contains("untuned", na=False).any()
    run(home)
    flags = scores(home).groupby("entry")["flags"].first()
    assert "untuned" in flags["logistic-regression"] and "untuned" not in str(flags["prior"])


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


CHANGES_ITSELF = """

class Restless(Uniform):
    def fit(self, train, valid):
        with open("helper.py", "a") as file:
            file.write("\\nMORE = 1\\n")
        return self
"""
REAL = """
[[tasks]]
name = "labs"
title = "Labs"
dataset = "apl-labs"
split = { scheme = "leave-one-domain-out" }
"""
