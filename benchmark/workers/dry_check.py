"""Try an entry from outside the tree on five patients before its trials, and say in one line what breaks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmark.entries import DataShelf, EntrySpec, entry_class
from benchmark.records import Store, kept_split
from benchmark.trials import as_probabilities, given_by_harness, learned, seed_globals, trace_table
from benchmark.workers.apart import NoAnswer, ask
from benchmark.workers.worker import Job
from datasets.cohort import Cohort

PATIENTS = 5
_SECONDS = 10.0
_LONGEST = 400  # characters of a finding
_SEED = 0
_Answer = TypeVar("_Answer")


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
    few = {role: _of_few_patients(cohort, roles[role]) for role in ("train", "valid")}
    try:
        _try(build, cohort, few)
    except Breaks as first:
        if not isinstance(first.__cause__, BaseException):
            return str(first)
        try:
            _try(build, cohort, roles)
        except Breaks as again:
            return str(again)
    return ""


def _of_few_patients(cohort: Cohort, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of up to five patients, of as many classes as they can have."""
    firsts = pd.DataFrame({"patient": cohort.patient[rows], "y": cohort.y[rows]}).drop_duplicates("patient")
    turn = firsts.groupby("y").cumcount()
    chosen = firsts.assign(turn=turn).sort_values(["turn", "y"], kind="stable")["patient"].head(PATIENTS)
    return rows[np.isin(cohort.patient[rows], chosen.to_numpy(dtype=str))]


def _try(build: Callable[[], Any], cohort: Cohort, rows: Mapping[str, NDArray[np.int64]]) -> None:
    """Fit and predict twice with one seed, then refit and trace where the entry can; raises Breaks."""
    train, valid = cohort[rows["train"]], cohort[rows["valid"]]
    shown = valid if len(valid) else train
    (_, first), (entry, second) = (_predicted(build, train, valid, shown) for _ in range(2))
    if first.tobytes() != second.tobytes():
        raise Breaks("the same seed gives other probabilities the second time; draw from a generator made of seed")
    if getattr(entry, "refit", None) is not None:
        both = cohort[np.concatenate([rows["train"], rows["valid"]])].blinded(labels=True)
        seed_globals(_SEED)
        refit = _watched("refit", [both], lambda: entry.refit(both))
        entry = _kept_to(lambda: learned(refit, "refit"))
        _probabilities(entry, shown)
    if getattr(entry, "trace", None) is not None:
        blind = shown.blinded(labels=False)
        traced = _watched("trace", [blind], lambda: entry.trace(blind))
        _kept_to(lambda: trace_table(traced, blind))


def _predicted(
    build: Callable[[], Any], train: Cohort, valid: Cohort, shown: Cohort
) -> tuple[Any, NDArray[np.float64]]:
    given = [view.blinded(labels=True) for view in (train, valid)]
    seed_globals(_SEED)
    answer = _watched("fit", given, lambda: build().fit(*given))
    entry = _kept_to(lambda: learned(answer, "fit"))
    return entry, _probabilities(entry, shown)


def _probabilities(entry: Any, shown: Cohort) -> NDArray[np.float64]:
    blind = shown.blinded(labels=False)
    proba = _watched("predict_proba", [blind], lambda: entry.predict_proba(blind))
    return _kept_to(lambda: as_probabilities(proba, shown, "valid"))


def _kept_to(read: Callable[[], _Answer]) -> _Answer:
    """Return an answer as it is read; raises Breaks with what the reader says where it breaks the contract."""
    try:
        return read()
    except (TypeError, ValueError) as error:
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
