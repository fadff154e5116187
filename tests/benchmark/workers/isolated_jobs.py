"""A tiny cohort, jobs of entries that a test writes, and a run of them through the real executor."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmark.entries.registry import load_dataset
from benchmark.records.entry_code import codes
from benchmark.records.kept_splits import keep_split
from benchmark.records.store import Identity, Store
from benchmark.workers.executors import run_local
from benchmark.workers.worker import Job
from datasets.schemes.splitters import kfold

TOML = """
name = "tiny"
classes = ["other", "APL"]
[specimens]
table = "specimens.csv"
patient = "patient"
domain = "hospital"
[clinical.columns]
hb = { unit = "g/dL" }
"""
BASE = """
import os, sys, time
import numpy as np


class Base:
    needs = frozenset({"clinical"})

    def __init__(self, *, seed: int = 0):
        self.seed = seed

    def fit(self, train, valid):
        self.report_ = dict(self.act(train) or {})
        return self

    def act(self, train):
        return {}

    def predict_proba(self, cohort):
        return np.full((len(cohort), 2), 0.5)
"""


@dataclass
class Heard:
    """Keep what an executor tells."""

    errors: dict[str, str] = field(default_factory=dict)

    def started(self, job: Job) -> None: ...

    def finished(self, job: Job, error: str, seconds: float) -> None:
        assert job.identity.entry not in self.errors, "told twice"
        self.errors[job.identity.entry] = error


@dataclass(frozen=True)
class Outcome:
    """What a run left: errors as the listener heard them, records as they are on disk."""

    errors: dict[str, str]
    records: dict[str, dict[str, Any]]
    failures: int

    def report(self, entry: str) -> dict[str, Any]:
        record = self.records[entry]
        assert record["status"] == "done", record["error"]
        return record["details"]["report"]


def write_cohort(home: Path) -> Path:
    rows = [f"S{i},P{i},{'AB'[i % 4 // 2]},{('other', 'APL')[i % 2]},{9 + i % 2 + i % 7 / 10:.1f}" for i in range(24)]
    (home / "specimens.csv").write_text("specimen,patient,hospital,label,hb\n" + "\n".join(rows) + "\n")
    (home / "cohort.toml").write_text(TOML)
    return home / "cohort.toml"


def jobs_of(home: Path, source: str, entries: list[str]) -> list[Job]:
    """Return one job for each entry of a file with ``source``."""
    (home / "hostile.py").write_text(BASE + source)
    toml = write_cohort(home)
    cohort = load_dataset(str(toml), None, {})
    split = kfold(cohort, folds=2)
    store = Store(home / "runs", "tiny")
    keep_split(split, store)
    target = f"{home / 'hostile.py'}:"
    code = codes([target + entry for entry in entries])
    return [
        Job(
            identity=Identity("quick", "t", entry, 0, 0),
            key=f"{number:016d}{'0' * 48}",
            study=f"{number:016d}{'0' * 48}",
            target=target + entry,
            dataset=str(toml),
            options={},
            data_root=None,
            fingerprint=cohort.fingerprint,
            split=split.checksum,
            params={},
            tune=None,
            device="cpu",
            runs=str(home / "runs"),
            suite="tiny",
            versions={"code": code[target + entry]},
        )
        for number, entry in enumerate(entries)
    ]


def run_jobs(home: Path, jobs: list[Job], *, workers: int = 2, threads: int = 1, limit: float = 60, **more) -> Outcome:
    """Run jobs and return what the listener heard and what is on disk."""
    heard = Heard()
    failures = run_local(
        jobs, workers=workers, threads=threads, limit=limit, logs=home / "runs/tiny/logs", listener=heard, **more
    )
    found = [json.loads(path.read_text()) for path in (home / "runs/tiny").glob("*/trial.json")]
    return Outcome(heard.errors, {r["identity"]["entry"]: r for r in found}, failures)


def run_entries(home: Path, source: str, *entries: str, **more) -> Outcome:
    """Run each entry of ``source`` once, in this order."""
    return run_jobs(home, jobs_of(home, source, list(entries)), **more)
