"""Split schemes: from a cohort to a plan, by patient unless the source has no patient ids and the plan says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cohort import Cohort
from datasets.schemes.dealing import (
    deal,
    enough,
    patient_table,
    people,
    refuse_unknown_patients,
    role_rows,
    shifted,
    train_valid,
)
from datasets.schemes.eras import in_order
from datasets.splits import COLUMNS, SplitError, SplitPlan

_LEARNED = ("train", "valid")
_ONE_DOMAIN = (
    "Each fold learns from one domain alone: in-domain is the mean over domains of their own held-out patients, "
    "the score of a domain the mean over the models of the other domains; folds are never pooled"
)
_BY_IMAGE = (
    "Split by specimen: the source publishes no patient ids, so specimens of one patient may be on both sides; "
    "scores are not comparable with a split by patient, and intervals are too narrow"
)
_VALID_BY_IMAGE = (
    "The source publishes no patient ids: specimens of one patient may be in train and valid, and intervals, which "
    "take specimens for independent, are too narrow"
)


def kfold(cohort: Cohort, *, folds: int, seed: int = 0, train_domains: Sequence[str] | None = None) -> SplitPlan:
    """Plan patient-grouped k-fold cross-validation, stratified by class and domain.

    Patients outside ``train_domains`` (default: all domains are inside) are shifted test sets
    of every fold. A quarter of what is not held out is the valid part.

    Raises:
        SplitError: If a class has fewer patients inside than there are folds.
    """
    refuse_unknown_patients(cohort, "kfold")
    return _dealt(cohort, _inside(cohort, train_domains), folds, seed)


def _dealt(cohort: Cohort, inside: NDArray[np.bool_], folds: int, seed: int) -> SplitPlan:
    patients = patient_table(cohort, inside)
    enough(cohort, patients, folds)
    part = deal(patients, folds, seed)
    rows = [*shifted(cohort, ~inside, range(folds))]
    for fold in range(folds):
        role = train_valid(patients[part != fold], seed, fold)
        role.update(dict.fromkeys(patients.index[part == fold], "test"))
        rows += role_rows(cohort, inside, fold, role)
    return SplitPlan(pd.DataFrame(rows, columns=COLUMNS))


def official(cohort: Cohort, *, train_domains: Sequence[str], repeats: int = 5, seed: int = 0) -> SplitPlan:
    """Plan a published train/test split: all of ``train_domains`` to learn from, every other domain a test set.

    Fold r uses another fifth of the training patients as the valid part.
    """
    inside = _inside(cohort, train_domains)
    patients = patient_table(cohort, inside)
    enough(cohort, patients, repeats)
    part = deal(patients, repeats, seed)
    rows = [*shifted(cohort, ~inside, range(repeats))]
    for fold in range(repeats):
        names = np.where(part == fold, "valid", "train")
        rows += role_rows(cohort, inside, fold, dict(zip(patients.index, names, strict=True)))
    return SplitPlan(pd.DataFrame(rows, columns=COLUMNS), _image_notes(cohort))


def leave_one_domain_out(cohort: Cohort, *, seed: int = 0) -> SplitPlan:
    """Plan one fold a domain: that domain is the shifted test set, the others train and valid.

    A class that no other domain has is not evaluable there: its specimens play no role in
    that fold and a note says so. A patient seen in the test domain is never trained on.

    Raises:
        SplitError: If there are fewer than two domains.
    """
    domains = sorted(set(cohort.domain.tolist()))
    if len(domains) < 2:
        raise SplitError(f"{cohort.name} has one domain ({domains[0]}); leave-one-domain-out needs two or more")
    held = [(domain, cohort.domain == domain, cohort.domain != domain) for domain in domains]
    return _held_out(cohort, held, cohort.domain, seed)


def images(cohort: Cohort, *, folds: int, seed: int = 0) -> SplitPlan:
    """Plan k-fold cross-validation by image, for sources without patient ids; a note says so in every table.

    Args:
        cohort: Without patient ids; what ``patient`` groups (copies of an image) stays in one role.
        folds: Number of folds.
        seed: Of the deal.

    Raises:
        SplitError: If the cohort has patient ids, or a class has fewer groups than there are folds.
    """
    if cohort.patients_known:
        raise SplitError(f"{cohort.name} has patient ids; split it by patient: scheme = 'kfold'")
    return replace(_dealt(cohort, _inside(cohort, None), folds, seed), notes=(_BY_IMAGE,))


def published(cohort: Cohort, *, repeats: int = 5, seed: int = 0) -> SplitPlan:
    """Plan the source's own split, ``cohort.official``: one fold, or ``repeats`` where it names no valid part.

    Without a valid part, fold r takes another fifth of the training patients for it.

    Raises:
        SplitError: If the source has no split, or a patient has two roles in it.
    """
    if cohort.official is None or not {"train", "test"} <= set(cohort.official.tolist()):
        raise SplitError(f"{cohort.name} has no published train and test roles; use scheme = 'kfold'")
    inside, tested = cohort.official == "train", cohort.official == "test"
    test = [(str(s), "test") for s in cohort.specimen[tested]]
    if (cohort.official == "valid").any():
        learned = [(str(s), str(r)) for s, r in zip(cohort.specimen, cohort.official, strict=True) if r in _LEARNED]
        rows = [(s, 0, role) for s, role in (*test, *learned)]
    else:
        patients = patient_table(cohort, inside)
        part = deal(patients, repeats, seed)
        rows = [(s, fold, role) for fold in range(repeats) for s, role in test]
        for fold in range(repeats):
            names = np.where(part == fold, "valid", "train")
            rows += role_rows(cohort, inside, fold, dict(zip(patients.index, names, strict=True)))
    return SplitPlan(pd.DataFrame(rows, columns=COLUMNS), () if cohort.patients_known else (_BY_IMAGE,))


def zero_shot(cohort: Cohort, *, folds: int, train_domains: Sequence[str], seed: int = 0) -> SplitPlan:
    """Plan patient-grouped k-fold where patients have specimens in several domains (cells of several lineages).

    Fold k learns from ``train_domains`` of its training patients; the held-out patients are "test" in those domains
    and "test:<domain>" in every other. Specimens of training patients in other domains play no role.

    Raises:
        SplitError: If a domain is unknown, or a class has fewer patients than there are folds.
    """
    refuse_unknown_patients(cohort, "zero-shot")
    source = _in_domains(cohort, train_domains)
    patients = patient_table(cohort, source)
    enough(cohort, patients, folds)
    part = deal(patients, folds, seed)
    rows: list[tuple[str, int, str]] = []
    for fold in range(folds):
        held = patients.index[part == fold]
        role = {**train_valid(patients[part != fold], seed, fold), **dict.fromkeys(held, "test")}
        rows += role_rows(cohort, source, fold, role)
        unseen = ~np.isin(cohort.patient, patients.index[part != fold].to_numpy(np.str_))
        rows += shifted(cohort, ~source & unseen, [fold])
    return SplitPlan(pd.DataFrame(rows, columns=COLUMNS))


def temporal(cohort: Cohort, *, seed: int = 0) -> SplitPlan:
    """Plan one fold an era but the first: learn from all earlier eras, test on that one; leave out undated specimens.

    Raises:
        SplitError: If the cohort has fewer than two eras, or eras that text does not sort by time ("9" and "10").
    """
    named = set(() if cohort.era is None else cohort.era.tolist()) - {""}
    if cohort.era is None or len(named) < 2:
        raise SplitError(f"{cohort.name} has no two eras to split by; use another scheme")
    try:
        eras = in_order(named)
    except ValueError as error:
        raise SplitError(f"{cohort.name}: {error}") from error
    held = [(era, cohort.era == era, (cohort.era < era) & (cohort.era != "")) for era in eras[1:]]
    plan = _held_out(cohort, held, cohort.era, seed)
    told = [f"Tested on {era}: learnt from {', '.join(eras[: i + 1])}" for i, era in enumerate(eras[1:])]
    undated = int((cohort.era == "").sum())
    told += [f"{undated} specimens without an era play no role"] if undated else []
    return replace(plan, notes=(*told, *plan.notes))


def transfer(cohort: Cohort, *, parts: int = 5, seed: int = 0) -> SplitPlan:
    """Plan one fold a domain that learns from that domain alone: the rows of a site-to-site transfer matrix.

    One in ``parts`` of the domain's patients is "test", a quarter of the rest "valid"; every other domain is
    "test:<domain>", without the patients that are learnt from. Folds count the domains in the order
    of their names. Specimens of classes that a fold does not train on play no role in it and a note says so; so does a
    domain that has no two classes to learn from.

    Raises:
        SplitError: If there are fewer than two domains, or none has two classes to learn from.
    """
    refuse_unknown_patients(cohort, "transfer")
    domains = sorted(set(cohort.domain.tolist()))
    rows: list[tuple[str, int, str]] = []
    notes: list[str] = []
    for fold, domain in enumerate(domains):
        found, told = _learnt_alone(cohort, domain, fold, parts, seed)
        rows, notes = rows + found, notes + told
    if len(domains) < 2 or not rows:
        raise SplitError(f"{cohort.name}: a transfer matrix needs two domains, one with two classes; it has {domains}")
    return SplitPlan(pd.DataFrame(rows, columns=COLUMNS), (_ONE_DOMAIN, *notes))


def _learnt_alone(
    cohort: Cohort, domain: str, fold: int, parts: int, seed: int
) -> tuple[list[tuple[str, int, str]], list[str]]:
    inside = cohort.domain == domain
    patients = patient_table(cohort, inside)
    part = deal(patients, parts, seed)
    role = {**train_valid(patients[part > 0], seed, fold), **dict.fromkeys(patients.index[part == 0], "test")}
    given = pd.Series(cohort.patient).map(role).where(inside).to_numpy()
    known = np.isin(cohort.y, cohort.y[given == "train"])
    if len(set(cohort.y[given == "train"].tolist())) < 2 or not (known & (given == "valid")).any():
        return [], [f"Nothing is learnt from {domain} alone: it has too few patients of two classes"]
    outside = ~inside & ~np.isin(cohort.patient, cohort.patient[np.isin(given, _LEARNED)])
    lost = [cohort.classes[k] for k in np.unique(cohort.y[~known])]
    notes = [f"Learnt from {domain} alone, {', '.join(lost)} cannot be told: left out of that row"] if lost else []
    return [*role_rows(cohort, inside & known, fold, role), *shifted(cohort, outside & known, [fold])], notes


def _held_out(
    cohort: Cohort,
    held: Iterable[tuple[str, NDArray[np.bool_], NDArray[np.bool_]]],
    label: NDArray[np.str_],
    seed: int,
) -> SplitPlan:
    """Plan one fold for each (name, tested specimens, specimens to learn from)."""
    rows: list[tuple[str, int, str]] = []
    notes: list[str] = []
    for fold, (name, outside, candidates) in enumerate(held):
        inside = candidates & ~np.isin(cohort.patient, cohort.patient[outside])
        known = np.isin(cohort.y, cohort.y[inside])
        notes += _not_evaluable(cohort, outside & ~known, name)
        rows += shifted(cohort, outside & known, [fold], label)
        rows += role_rows(cohort, inside, fold, train_valid(patient_table(cohort, inside), seed, fold))
    return SplitPlan(pd.DataFrame(rows, columns=COLUMNS), (*notes, *_image_notes(cohort)))


def _image_notes(cohort: Cohort) -> tuple[str, ...]:
    return () if cohort.patients_known else (_VALID_BY_IMAGE,)


def _in_domains(cohort: Cohort, domains: Sequence[str]) -> NDArray[np.bool_]:
    known = sorted(set(cohort.domain.tolist()))
    strangers = sorted(set(domains) - set(known))
    if strangers:
        raise SplitError(f"{cohort.name} has no domain {strangers}; it has {known}")
    return np.isin(cohort.domain, list(domains))


def _inside(cohort: Cohort, train_domains: Sequence[str] | None) -> NDArray[np.bool_]:
    if train_domains is None:
        return np.ones(len(cohort), dtype=bool)
    inside = _in_domains(cohort, train_domains)
    return inside | np.isin(cohort.patient, cohort.patient[inside])


def _not_evaluable(cohort: Cohort, lost: NDArray[np.bool_], domain: str) -> list[str]:
    return [
        f"{cohort.classes[k]} is not evaluable in {domain}: all its {people(cohort, lost & (cohort.y == k))} are there"
        for k in np.unique(cohort.y[lost])
    ]
