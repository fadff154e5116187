"""Try an entry from outside the tree on five patients before its trials, and say in one line what breaks."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmark.entries import EntrySpec, entry_class
from benchmark.planning import DataShelf, split_path
from benchmark.records import Store
from benchmark.trials.probabilities import as_probabilities
from benchmark.trials.trial import given_by_harness
from benchmark.workers import Job
from datasets.cohort import Cohort
from datasets.splits import load_plan

PATIENTS = 5
_SECONDS = 10.0
_LONGEST = 300
_SEED = 0

Views = tuple[Cohort, Cohort]


def dry_checks(jobs: Iterable[Job], limit: float = _SECONDS) -> list[str]:
    """Return one sentence for each entry from outside the tree that breaks; its trials still run and are recorded.

    Each is tried once, on five patients of train and of valid of its first fold, in a process of its own.

    Args:
        jobs: What is to be run.
        limit: Seconds for one entry.
    """
    outside = {job.target: job for job in jobs if EntrySpec(job.identity.entry, job.target).path is not None}
    found = {target: _apart(job, limit) for target, job in outside.items()}
    return [f"Dry check of {outside[t].identity.entry} on five patients: {said}" for t, said in found.items() if said]


def _apart(job: Job, limit: float) -> str:
    """Return what a child process finds."""
    context = get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(job, writer, limit))
    child.start()
    writer.close()
    try:
        if not reader.poll(limit):
            return f"it did not end in {limit:g} seconds"
        return reader.recv_bytes().decode()
    except EOFError:
        child.join()
        return f"its process died with exit code {child.exitcode}"
    finally:
        child.kill()
        child.join()
        reader.close()


def _child(job: Job, writer: Connection, limit: float) -> None:
    signal.alarm(int(limit) + 1)  # ends it when the parent is gone
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        said = _of_job(job)
    except BaseException as error:  # noqa: BLE001  whatever user code raises, sys.exit too, is what the check reports
        said = _told("its import or its data", error)
    writer.send_bytes(said.encode())


def _of_job(job: Job) -> str:
    cohort = DataShelf(Path(job.data_root) if job.data_root else None).cohort(job.dataset, job.options)
    split = load_plan(split_path(Store(Path(job.runs), job.suite), job.split))
    build = entry_class(EntrySpec(job.identity.entry, job.target))
    given = {**job.params, **given_by_harness(build, _SEED, job.device)}
    return what_breaks(lambda: build(**given), cohort, split.roles(cohort, job.identity.fold))


def what_breaks(build: Callable[[], Any], cohort: Cohort, roles: Mapping[str, NDArray[np.int64]]) -> str:
    """Return what breaks an entry on a few patients, "" when nothing does.

    What it raises counts only if it raises on the whole fold too: some methods need more than five patients.

    Args:
        build: Makes the entry, the same each time.
        cohort: All specimens of the task.
        roles: Role -> positions; only "train" and "valid" are looked at.
    """
    few = tuple(cohort[_of_few_patients(cohort, roles[role])] for role in ("train", "valid"))
    said, raised = _try(build, (few[0], few[1]))
    if raised:
        said, _ = _try(build, (cohort[roles["train"]], cohort[roles["valid"]]))
    return said


def _of_few_patients(cohort: Cohort, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of up to five patients, of as many classes as they can have."""
    firsts = pd.DataFrame({"patient": cohort.patient[rows], "y": cohort.y[rows]}).drop_duplicates("patient")
    turn = firsts.groupby("y").cumcount()
    chosen = firsts.assign(turn=turn).sort_values(["turn", "y"], kind="stable")["patient"].head(PATIENTS)
    return rows[np.isin(cohort.patient[rows], chosen.to_numpy(dtype=str))]


def _try(build: Callable[[], Any], rows: Views) -> tuple[str, bool]:
    """Return what breaks, and whether it was an exception."""
    train, valid = (view.blinded(labels=True) for view in rows)
    shown = rows[1] if len(rows[1]) else rows[0]
    before = [_digest(view) for view in (train, valid)]
    results: list[NDArray[np.float64]] = []
    for _ in range(2):
        _seed_everything()
        try:
            entry = build().fit(train, valid)
        except BaseException as error:  # noqa: BLE001  whatever user code raises, sys.exit too, is the finding
            return _told("fit", error), True
        if not hasattr(entry, "predict_proba"):
            return f"fit returned {type(entry).__name__}; return self", False
        if [_digest(view) for view in (train, valid)] != before:
            return "fit changes the cohort that it is given; work on a copy", False
        blind = shown.blinded(labels=False)
        asked = _digest(blind)
        try:
            proba = entry.predict_proba(blind)
        except BaseException as error:  # noqa: BLE001  as above
            return _told("predict_proba", error), True
        try:
            results.append(as_probabilities(proba, (len(shown), shown.n_classes), shown.specimen, "valid"))
        except ValueError as error:
            return " ".join(str(error).split()), False
        if _digest(blind) != asked:
            return "predict_proba changes the cohort that it is given; work on a copy", False
    if results[0].tobytes() != results[1].tobytes():
        return "the same seed gives other probabilities the second time; draw from a generator made of seed", False
    return "", False


def _seed_everything() -> None:
    random.seed(_SEED)
    np.random.seed(_SEED)  # noqa: NPY002  an entry may draw from the global state, which a trial seeds
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(_SEED)


def _digest(view: Cohort) -> bytes:
    """Return a hash of what an entry can read of a view."""
    digest = hashlib.sha256()
    for array in (view.y, view.present, view.genes):
        if array is not None:
            digest.update(np.ascontiguousarray(array).tobytes())
    for ids in (view.patient, view.domain, view.specimen):
        digest.update("\x1f".join(ids.tolist()).encode())
    if view.clinical is not None:
        digest.update(repr(list(view.clinical.columns)).encode())
        digest.update(pd.util.hash_pandas_object(view.clinical).to_numpy().tobytes())
    if view.images is not None:
        for row in view.images.all_rows():
            digest.update(np.ascontiguousarray(view.images.pixels[row]).tobytes())
    return digest.digest()


def _told(where: str, error: BaseException) -> str:
    return " ".join(f"{where} raises {type(error).__name__}: {error}".split())[:400]
