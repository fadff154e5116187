"""Kill real runs at random moments, go on, and compare the report with that of a run that nobody killed.

Run from the repository root: ``python -m perf.kills --kills 200``. The suite has tuned and untuned entries and images,
so records, studies, plans, splits, facts and caches are all being written when the blow falls; the run and its workers
get SIGKILL together. When a run has come to its end it is compared, and the next begins with empty folders. Times and
dates are made equal before reports are compared byte for byte. Printed are counts of kills, of records lost (there
before a kill and not after), doubled (two for one cell), of runs that failed, and of reports that differ.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUITE = """
name = "small"
title = "Small"
[[tasks]]
name = "sim"
title = "Generated, small"
dataset = "apl-sim"
options = { patients = 40, cells = 2, image_size = 32 }
split = { scheme = "kfold", folds = 2, train_domains = ["A", "B"] }
[profiles.quick]
entries = ["prior", "missingness-only", "logistic-regression", "xgboost-tabular"]
tune = { trials = 2, seconds = 600 }
"""


def command(*words: str) -> list[str]:
    """Return a command of the benchmark on the small suite."""
    return [sys.executable, "-m", "benchmark", words[0], "--suite", "small.toml", *words[1:]]


def environment(home: Path, tree: Path = ROOT) -> dict[str, str]:
    """Return variables that let a run in ``home`` use the sources of ``tree`` and a cache of its own."""
    mine = {"PYTHONPATH": str(tree), "HEMABENCH_CACHE": str(home / "cache"), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    return {**os.environ, **mine}


def run(home: Path, *words: str, tree: Path = ROOT) -> tuple[int, str]:
    """Run a command to its end; return exit code and all that it printed."""
    done = subprocess.run(
        command(*words), cwd=home, env=environment(home, tree), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def new_home(folder: Path, name: str) -> Path:
    """Return a folder that holds the suite and nothing else."""
    home = folder / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    (home / "small.toml").write_text(SUITE)
    return home


def killed_after(home: Path, seconds: float, jobs: int) -> bool:
    """Run, kill after some seconds; return whether the run was still going."""
    process = subprocess.Popen(
        command("run", "--jobs", str(jobs)),
        cwd=home,
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.3)  # workers see that their parent is gone
        return True


def done_cells(home: Path) -> Counter[tuple[str, int]]:
    """Return how many sound records of done trials each cell has."""
    from benchmark.records import Store

    records, _ = Store(home / "runs", "small").records()
    return Counter((r.identity.entry, r.identity.fold) for r in records if r.status == "done")


def report(home: Path) -> dict[str, bytes]:
    """Return the files of the report that records give when their times and dates are made equal."""
    from datasets.sealed import read_document, write_document

    for path in (home / "runs" / "small").glob("*/trial.json"):
        record = read_document(path)
        seconds = dict.fromkeys(record["details"]["seconds"], 1.0)
        write_document(path, {**record, "details": {**record["details"], "seconds": seconds, "started": "2000-01-01"}})
    code, text = run(home, "report")
    if code:
        raise RuntimeError(text)
    folder = home / "runs" / "small" / "leaderboard.quick"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def main() -> None:
    """Print a JSON line of counts each time a killed run has come to its end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    draw, told = random.Random(asked.seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        whole = new_home(Path(folder), "whole")
        started = time.monotonic()
        code, text = run(whole, "run", "--jobs", str(asked.jobs))
        if code:
            raise RuntimeError(text)
        longest, expected = time.monotonic() - started, report(whole)
        while told["kills"] < asked.kills:
            longest = _one_run(new_home(Path(folder), "killed"), draw, longest, expected, told, asked)
            print(json.dumps(told), flush=True)


def _one_run(
    home: Path,
    draw: random.Random,
    longest: float,
    expected: dict[str, bytes],
    told: Counter[str],
    asked: argparse.Namespace,
) -> float:
    """Kill a run again and again until it comes to its end or enough kills were made, compare, return its last seconds.

    Moments are drawn within ``longest``, the time of the last run to its end: a later one would miss the run.
    """
    before = Counter[tuple[str, int]]()
    while told["kills"] < asked.kills and killed_after(home, draw.uniform(0, longest), asked.jobs):
        after = done_cells(home)
        told["kills"] += 1
        told["lost"] += sum((before - after).values())
        told["doubled"] += sum(n > 1 for n in after.values())
        before = after
    started = time.monotonic()
    code, text = run(home, "run", "--jobs", str(asked.jobs))
    seconds = time.monotonic() - started
    left = list((home / "runs").rglob("*.part"))
    told["finished"] += 1
    told["failed"] += code != 0
    told["quarantined"] += text.count("Quarantined")
    told["unfinished files left"] += len(left)
    told["reports that differ"] += report(home) != expected
    return max(5.0, 0.9 * min(longest, 2 * seconds))


if __name__ == "__main__":
    main()
