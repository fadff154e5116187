"""Try an entry from outside the tree on five patients before its trials, and say in one line what breaks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmark.entries import DataShelf, EntrySpec, entry_class
from benchmark.records import Store, kept_split
from benchmark.trials import as_probabilities, given_by_harness, seed_globals
from benchmark.workers.apart import NoAnswer, ask
from benchmark.workers.worker import Job
from datasets.cohort import Cohort

PATIENTS = 5
_SECONDS = 10.0
_LONGEST = 400  # characters of a finding
_SEED = 0


class Breaks(Exception):
    """Say what breaks; its cause is the exception that the entry raised, if it raised."""


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
    """Return what a process of its own finds."""
    try:
        return str(ask(_said, job.plain(), limit))
    except NoAnswer as end:
        return str(end)


def _said(job: dict[str, Any]) -> str:
    try:
        return _of_job(Job.of(job))
    except BaseException as error:  # noqa: BLE001  whatever user code raises, sys.exit too, is what the check reports
        return _told("its import or its data", error)


def _of_job(job: Job) -> str:
    cohort = DataShelf(Path(job.data_root) if job.data_root else None).cohort(job.dataset, job.options)
    split = kept_split(Store(Path(job.runs), job.suite), job.split)
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
    train, valid = (cohort[_of_few_patients(cohort, roles[role])] for role in ("train", "valid"))
    try:
        _try(build, train, valid)
    except Breaks as first:
        if not isinstance(first.__cause__, BaseException):
            return str(first)
        try:
            _try(build, cohort[roles["train"]], cohort[roles["valid"]])
        except Breaks as again:
            return str(again)
    return ""


def _of_few_patients(cohort: Cohort, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of up to five patients, of as many classes as they can have."""
    firsts = pd.DataFrame({"patient": cohort.patient[rows], "y": cohort.y[rows]}).drop_duplicates("patient")
    turn = firsts.groupby("y").cumcount()
    chosen = firsts.assign(turn=turn).sort_values(["turn", "y"], kind="stable")["patient"].head(PATIENTS)
    return rows[np.isin(cohort.patient[rows], chosen.to_numpy(dtype=str))]


def _try(build: Callable[[], Any], train: Cohort, valid: Cohort) -> None:
    """Fit and predict twice with one seed; raises Breaks."""
    first, second = (_predicted(build, train, valid) for _ in range(2))
    if first.tobytes() != second.tobytes():
        raise Breaks("the same seed gives other probabilities the second time; draw from a generator made of seed")


def _predicted(build: Callable[[], Any], train: Cohort, valid: Cohort) -> NDArray[np.float64]:
    shown = valid if len(valid) else train
    given = [view.blinded(labels=True) for view in (train, valid)]
    blind = shown.blinded(labels=False)
    seed_globals(_SEED)
    entry = _watched("fit", given, lambda: build().fit(*given))
    if not hasattr(entry, "predict_proba"):
        raise Breaks(f"fit returned {type(entry).__name__}; return self")
    proba = _watched("predict_proba", [blind], lambda: entry.predict_proba(blind))
    try:
        return as_probabilities(proba, shown, "valid")
    except ValueError as error:
        raise Breaks(_one_line(str(error))) from None


def _watched(where: str, views: list[Cohort], call: Callable[[], Any]) -> Any:
    """Return what a call returns; raises Breaks when it raises or changes what it was given."""
    before = [_digest(view) for view in views]
    try:
        result = call()
    except BaseException as error:
        raise Breaks(_told(where, error)) from error
    if [_digest(view) for view in views] != before:
        raise Breaks(f"{where} changes the cohort that it is given; work on a copy")
    return result


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
    return _one_line(f"{where} raises {type(error).__name__}: {error}")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
