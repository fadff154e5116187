"""Audit of patient ids that one person may have written in two ways."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from datasets.audits.finding import Finding, counted, listed
from datasets.audits.roles import role_table, torn
from datasets.cohort import Cohort
from datasets.splits import SplitPlan

_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_BETWEEN_NUMBERS = re.compile(r"(?<=\d)[\W_]+(?=\d)")  # 1-12 is not 11-2
_SEPARATORS = re.compile(r"[^\w-]|_|(?<!\d)-|-(?!\d)")


def similar_patient_ids(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find ids that differ by case, leading zeros, blanks, dashes, underscores or Unicode form only.

    Two such ids in two roles of one fold block: a patient split trusts ids, and the same person on both sides is the
    leak that it is there to prevent. Elsewhere they are named, because counts and intervals take them for two people.
    """
    if not cohort.patients_known:
        return
    ids, patient = np.unique(cohort.patient, return_inverse=True)
    group = np.unique([plain_id(name) for name in ids.tolist()], return_inverse=True)[1]
    alike = (np.bincount(group) > 1)[group]
    crossing = torn(role_table(cohort, plan), np.arange(len(cohort)), group[patient].astype(np.int64))
    for blocks in (True, False):
        chosen = alike & (np.isin(group, crossing) == blocks)
        if chosen.any():
            yield _finding(ids, group, chosen, cohort.specimen[chosen[patient]], blocks=blocks)


def plain_id(name: str) -> str:
    """Return what is left of an id without case, leading zeros, blanks, punctuation and Unicode forms.

    An id of which nothing is left stays as it is.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    shown = "".join(c for c in text if unicodedata.category(c) != "Cf")
    digits = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in shown)
    return _SEPARATORS.sub("", _BETWEEN_NUMBERS.sub("-", _ZEROS.sub("", digits))) or name


def _finding(
    ids: NDArray[np.str_], group: NDArray, chosen: NDArray[np.bool_], specimens: NDArray[np.str_], *, blocks: bool
) -> Finding:
    groups = [
        " and ".join(repr(name) for name in ids[chosen & (group == g)].tolist()) for g in np.unique(group[chosen])
    ]
    place = ", in two roles of one fold" if blocks else ""
    return Finding(
        "similar-patient-ids",
        blocks,
        "patient",
        f"{counted(len(groups), 'group')} of patient ids that differ only by case, leading zeros, blanks, dashes or "
        f"Unicode form{place}: {listed(groups)}.",
        "Give one person one id; if they are different people, rename them.",
        tuple(specimens.tolist()),
    )
