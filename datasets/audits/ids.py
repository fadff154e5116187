"""Audit of patient ids that one person may have written in two ways."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from datasets.audits.finding import Finding, counted, listed
from datasets.audits.roles import role_table, torn
from datasets.audits.spellings import perhaps_same_ids, same_ids
from datasets.cohort import Cohort
from datasets.splits import SplitPlan

_SAME = "that differ only by case, leading zeros, blanks, dashes, accents or the way a number or letter is written"
_PERHAPS = "that may be one id: a prefix, an end, look-alike digits, the order of words or a date is all that differs"


def similar_patient_ids(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find ids that are one id in two spellings, and those that may be.

    Two spellings in two roles of one fold block: a patient split trusts ids, and the same person on both sides is the
    leak that it is there to prevent. Elsewhere they are named, because counts and intervals take them for two people.
    Ids that only may be one never block.
    """
    if not cohort.patients_known:
        return
    ids, patient = np.unique(cohort.patient, return_inverse=True)
    group = same_ids(ids.tolist())
    alike = (np.bincount(group) > 1)[group]
    crossing = torn(role_table(cohort, plan), np.arange(len(cohort)), group[patient])
    for blocks in (True, False):
        chosen = alike & (np.isin(group, crossing) == blocks)
        if chosen.any():
            place = f"{_SAME}, in two roles of one fold" if blocks else _SAME
            yield _finding(ids, group, chosen, cohort.specimen[chosen[patient]], place, blocks=blocks)
    wider = perhaps_same_ids(ids.tolist(), group)
    parts = np.bincount(np.unique(np.stack([wider, group]), axis=1)[0])
    chosen = (parts > 1)[wider]
    if chosen.any():
        yield _finding(ids, wider, chosen, cohort.specimen[chosen[patient]], _PERHAPS, blocks=False)


def _finding(
    ids: NDArray[np.str_],
    group: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    specimens: NDArray[np.str_],
    how: str,
    *,
    blocks: bool,
) -> Finding:
    order = np.flatnonzero(chosen)[np.argsort(group[chosen], kind="stable")]
    groups = np.split(ids[order], np.flatnonzero(np.diff(group[order])) + 1)
    told = sorted(" and ".join(repr(name) for name in part.tolist()) for part in groups)
    return Finding(
        "similar-patient-ids",
        blocks,
        "patient",
        f"{counted(len(groups), 'group')} of patient ids {how}: {listed(told)}.",
        "Give one person one id; if they are different people, rename them.",
        tuple(specimens.tolist()),
    )
