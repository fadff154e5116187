"""Audit of pictures that occur twice: byte for byte, changed a little, flipped, turned, cropped or moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audits.finding import Finding, counted, listed
from datasets.audits.roles import PARTS, role_table, torn
from datasets.cohort import Cohort
from datasets.read import find_copies
from datasets.splits import SplitPlan

_TORN = "in two roles of one fold"
_COUNT_ONCE = "Count them once; a split of images must keep a group in one role."
_KEEP = "Keep every group in one role (a split of images does: scheme images), or drop the copies."
_LEAVE_OUT = "Leave the copies out: no split can put an unseen class and a class that is learned in one role."


def duplicate_images(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find identical images: in two roles, with two classes, with two cell types."""
    if cohort.images is None:
        return
    group = find_copies(cohort.images).identical
    yield from _copies("duplicate-images", "byte-identical images", cohort, plan, group, np.bincount(group) > 1)
    owner = _owner(cohort)
    yield from _two_names(cohort, group, cohort.label[owner], "classes")
    if cohort.images.cell_type is not None:
        yield from _two_names(cohort, group, cohort.images.cell_type[cohort.images.all_rows()], "cell types")


def near_duplicate_images(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find images that differ by compression, size, brightness or contrast only."""
    yield from _look_alikes("near-duplicate-images", "nearly identical images", cohort, plan)


def augmented_copies(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find images that are another image flipped or turned by a multiple of 90 degrees."""
    yield from _look_alikes("augmented-copies", "flipped or turned copies of images", cohort, plan, turned=True)


def moved_copies(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find images that are part of another image: cropped, shifted, turned by any angle, overexposed."""
    yield from _look_alikes("moved-copies", "cropped, moved or turned copies of images", cohort, plan, moved=True)


def _look_alikes(
    rule: str, what: str, cohort: Cohort, plan: SplitPlan | None, *, turned: bool = False, moved: bool = False
) -> Iterator[Finding]:
    if cohort.images is None:
        return
    copies = find_copies(cohort.images)
    chosen = (copies.turned == turned) & (copies.moved == moved)
    first = copies.first[chosen]
    group = replace(copies, first=first, second=copies.second[chosen]).image_groups()
    yield from _copies(rule, what, cohort, plan, group, np.isin(np.arange(group.max(initial=-1) + 1), group[first]))


def _copies(
    rule: str, what: str, cohort: Cohort, plan: SplitPlan | None, group: NDArray[np.int64], is_copy: NDArray[np.bool_]
) -> Iterator[Finding]:
    owner = _owner(cohort)
    member = is_copy[group]
    if not member.any():
        return
    roles = role_table(cohort, plan)
    crossing = np.isin(group, torn(roles, owner[member], group[member]))
    unseen = np.isin(group, group[(roles == PARTS.index("ood")).any(axis=0)[owner]])
    apart = "none in two roles" if plan is not None else "before any split"
    for place, chosen, remedy in (
        (_TORN, crossing & ~unseen, _KEEP),
        (_TORN, crossing & unseen, _LEAVE_OUT),
        (apart, member & ~crossing, _COUNT_ONCE),
    ):
        if chosen.any():
            yield _finding(rule, what, cohort, owner[chosen], group[chosen], place=place, remedy=remedy)


def _finding(
    rule: str,
    what: str,
    cohort: Cohort,
    owner: NDArray[np.int64],
    group: NDArray[np.int64],
    *,
    place: str,
    remedy: str,
) -> Finding:
    across = len(np.unique(group[_differs(group, cohort.patient[owner])]))
    whose = "patients" if cohort.patients_known else "specimens"
    ids = tuple(dict.fromkeys(cohort.specimen[owner].tolist()))
    groups = counted(len(np.unique(group)), "group")
    return Finding(
        rule,
        place == _TORN,
        "images",
        f"{groups} of {what} ({len(group)} images; {across} across {whose}), {place}: {listed(ids)}.",
        remedy,
        ids,
    )


def _two_names(cohort: Cohort, group: NDArray[np.int64], name: NDArray[np.str_], what: str) -> Iterator[Finding]:
    odd = _differs(group, name)
    if odd.any():
        first = odd & (group == group[odd][0])
        pair = " and ".join(sorted(set(name[first].tolist())))
        yield Finding(
            "duplicate-images",
            False,
            what,
            f"{counted(len(np.unique(group[odd])), 'group')} of byte-identical images with two {what}, first: {pair}.",
            f"At most one of the {what} is right: correct or drop these images.",
            tuple(dict.fromkeys(cohort.specimen[_owner(cohort)[odd]].tolist())),
        )


def _differs(group: NDArray[np.int64], name: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Return which members are of a group whose names differ, bool (m,)."""
    return np.asarray(pd.Series(name).groupby(group).transform("nunique") > 1)


def _owner(cohort: Cohort) -> NDArray[np.int64]:
    sizes = np.zeros(len(cohort), np.int64) if cohort.images is None else cohort.images.sizes
    return np.repeat(np.arange(len(cohort)), sizes)
