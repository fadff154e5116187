"""Audit of numbers of patients: too few to tell anything, or none where a model is tested."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from datasets.audits.finding import Finding
from datasets.cohort import Cohort
from datasets.splits import SplitPlan

FEW = 10


def class_has_few_patients(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find classes with fewer than ten patients."""
    counts = _counts(cohort).sum(axis=1)
    few = counts[counts < FEW]
    if len(few):
        told = ", ".join(f"{cohort.classes[k]} has {few[k]}" for k in few.index)
        yield Finding(
            "class-has-few-patients",
            False,
            "classes",
            f"Fewer than {FEW} {_unit(cohort)}: {told}.",
            "Read the class's interval, not its figure; merge classes, or repeat the cross-validation.",
            tuple(cohort.specimen[np.isin(cohort.y, few.index)].tolist()),
        )


def domain_lacks_class(cohort: Cohort, plan: SplitPlan | None) -> Iterator[Finding]:
    """Find domains that have none or one patient of a class, and classes that one domain alone has."""
    counts = _counts(cohort)
    for domain in counts.columns if counts.shape[1] > 1 else ():
        poor = counts[domain][counts[domain] <= 1]
        if len(poor):
            told = ", ".join(f"{poor[k] or 'none'} of {cohort.classes[k]}" for k in poor.index)
            yield Finding(
                "domain-lacks-class",
                False,
                f"domain {domain}",
                f"Among its {counts[domain].sum()} {_unit(cohort)} are {told}.",
                "Scores of these classes are undefined there, and a model may learn the domain instead.",
            )


def _counts(cohort: Cohort) -> pd.DataFrame:
    """Return the number of patients of each class (rows) in each domain (columns)."""
    frame = pd.DataFrame({"y": cohort.y, "domain": cohort.domain, "patient": cohort.patient}).drop_duplicates()
    return pd.crosstab(frame["y"], frame["domain"]).reindex(range(cohort.n_classes), fill_value=0)


def _unit(cohort: Cohort) -> str:
    """Return what ``patient`` tells apart: where patients are not known, groups that belong together or specimens."""
    if cohort.patients_known:
        return "patients"
    return "specimens" if len(np.unique(cohort.patient)) == len(cohort) else "groups of specimens"
