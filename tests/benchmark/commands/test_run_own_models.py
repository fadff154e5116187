"""Models of one's own in a run: on the board, stale, broken, of two folders, changing while they run."""

import re
import shutil
from pathlib import Path

import pandas as pd

from tests.benchmark.tiny_suite import MINE, ROOT, benchmark, predictions, records, run, scores


def test_a_model_outside_the_tree_joins_the_board_and_goes_stale_with_its_helper(done):
    home = done
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


def test_editing_a_helper_in_the_tree_makes_exactly_its_entries_stale(done, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    for package in ("benchmark", "baselines", "models", "datasets", "leaderboard"):
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    assert set(to_do(done, tree).values()) == {("2", "0")}
    for name, text in {
        "baselines/views/clinical.py": "\n_PLANTED = 1\n",
        "models/training/training.py": "\n_PLANTED = 1\n",
    }.items():
        (tree / name).write_text((tree / name).read_text() + text)
    (tree / "baselines/controls/prior.py").write_text(
        "# only a comment\n" + (tree / "baselines/controls/prior.py").read_text()
    )
    assert to_do(done, tree) == {"prior": ("2", "0"), "logistic-regression": ("0", "2")}


def to_do(home: Path, tree: Path) -> dict[str, tuple[str, str]]:
    """Return the numbers of trials that are done and that are to do, as the plan of a tree says, by entry."""
    plan = run(home, "--dry-run", root=tree).stdout
    (header,) = (re.split(r" *┃ *", line) for line in plan.splitlines() if "┃ entry" in line)
    rows = [dict(zip(header, re.split(r" *│ *", line), strict=True)) for line in plan.splitlines() if "│" in line]
    return {row["entry"]: (row.get("done", "0"), row.get("stale", "0")) for row in rows}


def test_a_failed_trial_is_a_hole_with_its_traceback(home):
    done = run(home, "--entry", "prior", "--entry", "mine.py:Broken")
    assert done.returncode == 1
    record = records(home)["Broken", 0]
    assert record["status"] == "failed" and "mine.py" in record["error"] and "planted" in record["error"]
    board = scores(home).query("entry == 'Broken'")
    assert board["value"].isna().all() and "failed" in board["note"].iloc[0]
    page = (home / "runs/tiny/leaderboard.quick/leaderboard.html").read_text()
    assert "planted &lt;b&gt;failure" in page and "<b>failure" not in page


def test_a_broken_entry_can_be_left_out_and_the_board_is_whole_again(home):
    broken = run(home, "--entry", "prior", "--entry", "mine.py:Broken")
    leave_out = "python -m benchmark report --suite tiny.toml --profile quick --drop Broken"
    assert broken.returncode == 1 and broken.stdout.rstrip().endswith(leave_out)
    assert "2 of 4 trials are holes: Broken (2 failed, ValueError: planted <b>failure</b>)." in broken.stdout
    other = run(home, "--entry", "prior")
    assert other.returncode == 0 and "2 more of entries that this call did not ask for: Broken (" in other.stdout
    report = ("report", "--suite", "tiny.toml")
    assert benchmark(home, *report).returncode == 1
    wrong = benchmark(home, *report, "--drop", "Borken")
    assert wrong.returncode == 2 and wrong.stderr.endswith("'Borken'; did you mean Broken?\n")
    left = benchmark(home, *report, "--drop", "mine.py:Broken")
    assert left.returncode == 0 and "holes" not in left.stdout
    assert set(scores(home)["entry"]) == {"prior"} and records(home)["Broken", 0]["status"] == "failed"
    assert benchmark(home, *report).returncode == 0
    alone = benchmark(home, *report, "--drop", "prior")
    assert alone.returncode == 2 and "no other entry is on the board" in alone.stderr


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


CHANGES_ITSELF = """

class Restless(Uniform):
    def fit(self, train, valid):
        with open("helper.py", "a") as file:
            file.write("\\nMORE = 1\\n")
        return self
"""


def test_code_that_changes_during_a_run_is_not_filed(home):
    (home / "mine.py").write_text(MINE + CHANGES_ITSELF)
    done = run(home, "--entry", "mine.py:Restless")
    assert done.returncode == 1
    assert "changed while it ran" in records(home)["Restless", 0]["error"]
