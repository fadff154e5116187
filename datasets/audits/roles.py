"""Audit of a split: who plays which role."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audits.finding import Finding, listed
from datasets.cohort import Cohort
from datasets.splits import SplitPlan

PARTS = ("train", "valid", "test", "ood")


def role_table(cohort: Cohort, plan: SplitPlan | None) -> NDArray[np.int8]:
    """Return the part of each specimen in each fold, int8 (folds, n): position in ``PARTS``, -1 for none.

    Every test set is "test", every unseen class "ood": the same picture in two of them spoils nothing that is learnt.
    """
    if plan is None:
        return np.empty((0, len(cohort)), np.int8)
    table = plan.table[plan.table["specimen"].isin(cohort.specimen)]
    column = pd.Series(np.arange(len(cohort)), index=cohort.specimen)[table["specimen"]].to_numpy()
    roles = np.full((len(plan.folds), len(cohort)), -1, np.int8)
    part = table["role"].str.partition(":")[0].map(PARTS.index).to_numpy(np.int8)
    roles[np.searchsorted(plan.folds, table["fold"].to_numpy()), column] = part
    return roles


def torn(roles: NDArray[np.int8], owner: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the groups whose members play two roles in one fold, int64, ascending.

    Args:
        roles: As ``role_table`` returns it.
        owner: Specimen of each member, int64 (m,).
        group: Group of each member, int64 (m,), 0 or more.
    """
    found = np.zeros(group.max(initial=-1) + 1, bool)
    for fold in roles:
        part = fold[owner]
        low, high = np.full(len(found), 9, np.int8), np.full(len(found), -1, np.int8)
        np.minimum.at(low, group[part >= 0], part[part >= 0])
        np.maximum.at(high, group, part)
        found |= high > low
    return np.flatnonzero(found)


def patient_in_two_roles(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find patients whose specimens are learnt from and tested on in one fold."""
    names, patient = np.unique(cohort.patient, return_inverse=True)
    bad = torn(role_table(cohort, plan), np.arange(len(cohort)), patient.astype(np.int64))
    if len(bad):
        yield Finding(
            "patient-in-two-roles",
            True,
            "patient",
            f"{len(bad)} of {len(names)} patients play two roles in one fold: {listed(names[bad])}.",
            "Split by patient: schemes kfold, official, leave-one-domain-out or published.",
            tuple(cohort.specimen[np.isin(patient, bad)].tolist()),
        )


def patients_unknown(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find cohorts without patient ids."""
    if not cohort.patients_known:
        yield Finding(
            "patients-unknown",
            False,
            "patient",
            f"The source names no patients for its {len(cohort)} specimens: one patient may be in train and in test.",
            "A patient split is refused; a split of images is flagged in every table and overstates scores.",
        )
