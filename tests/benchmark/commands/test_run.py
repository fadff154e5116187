"""A run as a user sees it: plan, resume, other data, torn records, tuning."""

import json
import subprocess

from tests.benchmark.tiny_suite import SUITE, benchmark, command, environment, records, run, scores


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
    assert alone.returncode == 0 and all("each with 1 threads" in said for said in (alone.stdout, first_run[1]))
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
