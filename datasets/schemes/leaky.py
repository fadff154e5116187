"""Splits that leak on purpose, to show by how much: images dealt at random, or by slide, though patients are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import Cohort
from datasets.schemes.dealing import refuse_unknown_patients
from datasets.schemes.splitters import kfold
from datasets.splits import SplitError, SplitPlan

_LEAKY = (
    "Leaky, for demonstration: images were dealt at random, so most patients are learnt from and tested on; "
    "never quote these scores as performance"
)
_BY_SLIDE = (
    "Leaky, for demonstration: split by slide, so a patient with several slides may be learnt from and tested on; "
    "never quote these scores as performance"
)


def random_images(cohort: Cohort, *, folds: int, seed: int = 0) -> SplitPlan:
    """Plan k-fold cross-validation that deals specimens at random although patients are known: leaky on purpose.

    Raises:
        SplitError: If no patient has two specimens, so that nothing would leak.
    """
    refuse_unknown_patients(cohort, "random-images")
    if len(set(cohort.patient.tolist())) == len(cohort):
        raise SplitError(f"{cohort.name} has one specimen a patient, so nothing leaks: give the task unit = 'image'")
    return _grouped(cohort, cohort.specimen, folds, seed, _LEAKY)


def slides(cohort: Cohort, *, folds: int, seed: int = 0) -> SplitPlan:
    """Plan k-fold cross-validation that keeps slides together, not patients, by column ``slide`` of ``image_facts``.

    Raises:
        SplitError: If the cohort names no slides, or a specimen has images of several.
    """
    facts = cohort.image_facts
    if cohort.images is None or facts is None or "slide" not in facts:
        raise SplitError(f"{cohort.name} names no slides, so it cannot be split by slide")
    if (cohort.images.sizes != 1).any():
        raise SplitError(f"{cohort.name} has specimens with several images; give the task unit = 'image'")
    slide = facts["slide"].to_numpy(str)[cohort.images.all_rows()]
    return _grouped(cohort, np.char.add(np.char.add(cohort.patient, "/"), slide), folds, seed, _BY_SLIDE)


def _grouped(cohort: Cohort, groups: NDArray[np.str_], folds: int, seed: int, note: str) -> SplitPlan:
    plan = kfold(replace(cohort, patient=groups, target_level="specimen"), folds=folds, seed=seed)
    return replace(plan, notes=(note,))
