"""One job, in the process that runs it: data, split, entry, trial, record."""

from __future__ import annotations

import builtins
import hashlib
import json
import os
import platform
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.entries import GRID, ROOT, DataShelf, EntrySpec, entry_class
from benchmark.records import (
    PACKAGES,
    Identity,
    Record,
    Store,
    closure,
    codes,
    entry_files,
    kept_split,
    start_watching,
    watched_files,
)
from benchmark.trials import Outcome, TuneBudget, derive_seed, failure_text, run_trial, search_space, seed_globals
from benchmark.workers.kept_report import check_kept
from datasets.cache import cache_root
from datasets.cohort import Cohort
from datasets.roots import data_roots
from datasets.splits import SplitPlan

# What a record is written with, as it was before an entry ran.
_OURS = tuple(
    (place, name, getattr(place, name))
    for place, names in {
        json: ("dumps", "loads"), builtins: ("open",), hashlib: ("sha256", "file_digest"),
        os: ("open", "write", "replace", "fsync", "chmod", "close", "stat", "urandom", "getpid", "_exit"),
    }.items()
    for name in names
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """Everything a worker needs to know, as plain values.

    Attributes:
        identity: Cell of the plan.
        key: Content hash the record is kept under.
        study: The same without the run's seed: all seeds of a fold share one tuning study.
        target: Where the entry's code is.
        dataset: Registered dataset name.
        options: ``Task.settings``: options of its loader, and what the harness does with the cohort.
        data_root: First place to look for real files, or None.
        fingerprint: Hash of the cohort that was planned.
        split: Checksum of the split plan.
        params: Hyper-parameters that differ from the defaults.
        tune: Tuning budget, or None.
        device: "cpu" or "cuda".
        runs: Folder of all runs.
        suite: Suite name.
        versions: What the record says about code and libraries.
    """

    identity: Identity
    key: str
    study: str
    target: str
    dataset: str
    options: dict[str, Any]
    data_root: str | None
    fingerprint: str
    split: str
    params: dict[str, Any]
    tune: dict[str, Any] | None
    device: str
    runs: str
    suite: str
    versions: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {**vars(self), "identity": vars(self.identity)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Job:
        """Return the job that ``plain`` told."""
        return cls(**{**plain, "identity": Identity(**plain["identity"])})


def execute(job: Job, shelf: DataShelf) -> Record:
    """Run a job and write its record; whatever the entry raises becomes a failed record.

    It ends the process in which it runs when the entry forked it and the copy comes back here too.

    Raises:
        OSError: If not even the record of a failure can be written.
    """
    store = Store(Path(job.runs), job.suite)
    process = os.getpid()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    about = {"started": started, "environment": _environment(), **job.versions}
    try:
        with _ours_afterwards():
            outcome = _outcome(job, shelf, store)
        if os.getpid() != process:
            os._exit(1)
        watched = watched_files()
        check_kept(outcome.details.get("report"))
        _check_unchanged(job)
        record = Record(job.key, job.identity, "done", {**outcome.details, "watched": watched, **about})
        return store.write(record, outcome.predictions, outcome.trace, outcome.modality_predictions)
    except BaseException as error:  # noqa: BLE001  sys.exit and KeyboardInterrupt of an entry are failures of its trial
        if os.getpid() != process:
            os._exit(1)
        return store.write(failed(job, failure_text(error), about))


@contextmanager
def _ours_afterwards() -> Iterator[None]:
    """Give the harness back what an entry may have closed or replaced: streams, warnings, what writes a record."""
    streams = sys.stdout, sys.stderr
    try:
        with warnings.catch_warnings():
            yield
    finally:
        sys.stdout, sys.stderr = streams
        for place, name, function in _OURS:
            if getattr(place, name, None) is not function:
                setattr(place, name, function)


def _check_unchanged(job: Job) -> None:
    """Refuse to file predictions under a key that today's code no longer has."""
    if codes([job.target])[job.target] != job.versions["code"]:
        raise RuntimeError("the code of this entry changed while it ran; run again")


def failed(job: Job, error: str, about: dict[str, Any]) -> Record:
    """Return the record of a trial that did not end well."""
    return Record(job.key, job.identity, "failed", {"params": job.params, **about}, error)


def _outcome(job: Job, shelf: DataShelf, store: Store) -> Outcome:
    cohort = shelf.cohort(job.dataset, job.options)
    if cohort.fingerprint != job.fingerprint:
        raise RuntimeError(f"the data of {job.dataset} changed since the run was planned; run again")
    roles, notes = planned_roles(job, cohort)
    spec = EntrySpec(job.identity.entry, job.target)
    seed = derive_seed(job.identity.seed, job.split, job.identity.fold)
    start_watching(known_otherwise(job.target, job.dataset, store.folder, shelf.data_root))
    seed_globals(seed)  # before the entry's file is imported, which may draw from them
    outcome = run_trial(
        entry_class(spec),
        cohort,
        roles,
        params=job.params,
        seed=seed,
        device=job.device,
        space=search_space(spec),
        budget=TuneBudget(**job.tune) if job.tune else None,
        study=store.folder / "studies" / f"{job.study[:16]}.log",
        tuning_seed=derive_seed(0, job.split, job.identity.fold),
        modality_grid=bool(job.options.get(GRID, False)),
    )
    return replace(outcome, details={**outcome.details, "split_notes": list(notes)})


def planned_roles(job: Job, cohort: Cohort) -> tuple[dict[str, NDArray[np.int64]], tuple[str, ...]]:
    """Return the roles of a job's fold and the notes of its split plan.

    They are read once in a process and those forked from it, unless the plan's file changes.
    """
    split = kept_split(Store(Path(job.runs), job.suite), job.split)
    return _roles_of(split, job.identity.fold, cohort), split.notes


@cache
def known_otherwise(target: str, dataset: str, runs: Path, data_root: Path | None) -> tuple[Path, ...]:
    """Return what a trial need not watch: what the key covers, the dataset, which has a fingerprint, runs, caches.

    Other files in the folder of all data count. Paths are as named and resolved.
    """
    tree = {ROOT / package for package in PACKAGES}
    outside = (file for file in closure(*entry_files(target)) if tree.isdisjoint(file.parents))
    recipes = (folder / "recipes.toml" for folder in tree)  # the key holds the values
    data = (root / dataset for root in data_roots(data_root))
    named = [path.absolute() for path in (runs, *data, cache_root(), *recipes, *outside)]
    return tuple(dict.fromkeys([*named, *(path.resolve() for path in named)]))


@cache
def _roles_of(split: SplitPlan, fold: int, cohort: Cohort) -> dict[str, NDArray[np.int64]]:
    return split.roles(cohort, fold)


def _environment() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "threads": int(os.environ.get("OMP_NUM_THREADS", "0")),
    }
