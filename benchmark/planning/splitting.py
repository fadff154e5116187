"""From what a task says about its split to a checked plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.suites import Split
from datasets.cohort import Cohort
from datasets.read import duplicates
from datasets.schemes import leaky, with_train_patients
from datasets.schemes import splitters as schemes
from datasets.splits import PLAN_FOLDER, SplitError, SplitPlan, check_patients, load_plan

LEAKY = ("random-images", "slide")
LEAKY_FLAG = "leaky, for demonstration"
LEAKY_RULES = (
    "patient-in-two-roles",
    "similar-patient-ids",
    "duplicate-images",
    "near-duplicate-images",
    "augmented-copies",
    "moved-copies",
)


def make_split(spec: Split, cohort: Cohort) -> SplitPlan:
    """Make or load the split plan of a task and check that no patient crosses roles, unless that is its point.

    Schemes see specimens of the classes only; those of none are then "ood:<name>" in every fold.

    Raises:
        SplitError: If the plan cannot be made for this cohort, or a patient crosses roles.
    """
    of_classes = cohort if cohort.unseen is None else cohort[cohort.known]
    _check_unseen(cohort)
    is_made = spec.scheme in _MAKERS
    made = _made(spec, of_classes) if is_made else _committed(spec, cohort, of_classes)
    plan = made.with_unseen(cohort)
    if spec.scheme not in LEAKY:
        check_patients(cohort, plan)
    return plan


def _check_unseen(cohort: Cohort) -> None:
    """Refuse patients with specimens of the classes and of none, who would be learnt from and tested as unknown.

    Raises:
        SplitError: Naming the first ones.
    """
    torn = np.unique(cohort.patient[~cohort.known & np.isin(cohort.patient, cohort.patient[cohort.known])])
    if len(torn):
        raise SplitError(
            f"{len(torn)} patients of {cohort.name} have specimens of unseen and of known classes (first: "
            f"{', '.join(torn[:5])}); leave out one or the other"
        )


def fold_names(spec: Split, cohort: Cohort, plan: SplitPlan) -> dict[int, str]:
    """Return fold -> the domain it learns from, for scheme "transfer" and plans made by it; else nothing."""
    if spec.scheme not in ("transfer", "plan"):
        return {}
    domain = dict(zip(cohort.specimen.tolist(), cohort.domain.tolist(), strict=True))
    trained = plan.table[plan.table["role"] == "train"]
    pairs = sorted(set(zip(trained["fold"].tolist(), trained["specimen"].map(domain), strict=True)))
    names = dict(pairs)
    if len(pairs) > len(names) or (spec.scheme == "plan" and len(set(names.values())) < 2):
        return {}
    return names


def _keeping_copies(cohort: Cohort) -> Cohort:
    """Where patients are not known, let copies of an image count as one patient, so that they stay in one role."""
    if cohort.patients_known or cohort.images is None:
        return cohort
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    owner, copies = pd.factorize(cohort.patient)[0], duplicates.groups(cohort.images)
    n, ones = len(cohort), np.ones(len(cohort), dtype=bool)
    edges = coo_array((ones, (owner, n + copies)), shape=(2 * n, 2 * n))
    group = connected_components(edges, directed=False)[1][owner]
    return replace(cohort, patient=np.char.add("group-", group.astype(str)), target_level="specimen")


def _kfold(spec: Split, cohort: Cohort) -> SplitPlan:
    return schemes.kfold(cohort, folds=spec.folds, seed=spec.seed, train_domains=spec.train_domains or None)


def _official(spec: Split, cohort: Cohort) -> SplitPlan:
    return schemes.official(cohort, train_domains=spec.train_domains, repeats=spec.folds, seed=spec.seed)


def _published(spec: Split, cohort: Cohort) -> SplitPlan:
    return schemes.published(cohort, repeats=spec.folds, seed=spec.seed)


def _zero_shot(spec: Split, cohort: Cohort) -> SplitPlan:
    return schemes.zero_shot(cohort, folds=spec.folds, train_domains=spec.train_domains, seed=spec.seed)


def _made(spec: Split, cohort: Cohort) -> SplitPlan:
    """Return a new plan that says for which domains it holds, and how it was made."""
    plan = _MAKERS[spec.scheme](spec, _keeping_copies(cohort))
    if spec.train_patients:
        plan = with_train_patients(plan, cohort, spec.train_patients, spec.seed)
    unused = {"plan"} if spec.train_patients else {"plan", "train_patients"}
    return replace(plan, domains=_domains(cohort), made=spec.model_dump(mode="json", exclude=unused))


def _domains(cohort: Cohort) -> tuple[str, ...]:
    return tuple(np.unique(cohort.domain[cohort.known]).tolist())


def _committed(spec: Split, cohort: Cohort, of_classes: Cohort) -> SplitPlan:
    """Return a committed plan for the domains that are here.

    A plan that leaves each domain out once holds for its own domains only; with others it is made anew in the same way.
    In any other plan a new domain is one more shifted test set of every fold, and an absent one is dropped.

    Raises:
        SplitError: If it does not hold for these domains and does not say how it was made.
    """
    plan = load_plan(Path(spec.plan) if spec.plan.endswith(".csv") else PLAN_FOLDER / f"{spec.plan}.csv")
    new, lost = plan.other_domains(cohort)
    if not new and not lost:
        return plan.fitted_to(cohort)
    if not plan.rotates:
        arrived = f"Not in split plan {spec.plan}, so a shifted test set of every fold: {', '.join(new)}"
        notes = (*plan.notes, arrived) if new else plan.notes
        return replace(plan.fitted_to(cohort), notes=notes, domains=_domains(cohort))
    here = ", ".join(_domains(cohort))
    holds = (
        f"Split plan {spec.plan} holds for the domains {', '.join(plan.domains) or 'that it lists'}; here are {here}"
    )
    if not plan.made:
        raise SplitError(f"{holds}. It does not say how it was made: make a new plan: python -m benchmark data split")
    again = _made(Split.model_validate(plan.made), of_classes)
    told = f"{holds}: a new plan was made ({again.made['scheme']}); scores on the two are not comparable"
    return replace(again, notes=(told, *again.notes))


_MAKERS: dict[str, Callable[[Split, Cohort], SplitPlan]] = {
    "kfold": _kfold,
    "official": _official,
    "published": _published,
    "leave-one-domain-out": lambda spec, cohort: schemes.leave_one_domain_out(cohort, seed=spec.seed),
    "transfer": lambda spec, cohort: schemes.transfer(cohort, parts=spec.folds, seed=spec.seed),
    "random-images": lambda spec, cohort: leaky.random_images(cohort, folds=spec.folds, seed=spec.seed),
    "slide": lambda spec, cohort: leaky.slides(cohort, folds=spec.folds, seed=spec.seed),
    "temporal": lambda spec, cohort: schemes.temporal(cohort, seed=spec.seed),
    "zero-shot": _zero_shot,
    "images": lambda spec, cohort: schemes.images(cohort, folds=spec.folds, seed=spec.seed),
}
