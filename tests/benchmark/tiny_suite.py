"""A tiny suite, models of a user, and a run of both in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
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


def furnished(folder: Path) -> Path:
    (folder / "tiny.toml").write_text(SUITE)
    (folder / "mine.py").write_text(MINE)
    (folder / "helper.py").write_text("LEVEL = 1\n")
    return folder


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
