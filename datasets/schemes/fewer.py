"""Learn from fewer patients and test on the same ones: the plans of a learning curve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from datasets.cohort import Cohort
from datasets.splits import SplitError, SplitPlan

_LEARNED = ("train", "valid")


def with_train_patients(plan: SplitPlan, cohort: Cohort, patients: int, seed: int = 0) -> SplitPlan:
    """Return the plan where each fold learns from so many patients, train and valid together; test rows stay.

    Classes, domains and the two roles keep their shares, and a smaller number's patients are among a larger one's.

    Args:
        plan: With at least that many patients to learn from in every fold.
        cohort: The plan's.
        patients: Of train and valid together.
        seed: Of the choice.

    Raises:
        SplitError: If a fold has fewer patients, or a class would have none in train or in valid.
    """
    facts = pd.DataFrame({"patient": cohort.patient, "y": cohort.y, "domain": cohort.domain}, index=cohort.specimen)
    table = plan.table.join(facts, on="specimen")
    kept = ~table["role"].isin(_LEARNED)
    for fold in plan.folds:
        learned = table[(table["fold"] == fold) & ~kept]
        chosen = _first(learned.drop_duplicates("patient"), patients, np.random.default_rng([seed, fold]))
        _check(chosen, learned, patients, fold, cohort)
        kept |= (table["fold"] == fold) & table["patient"].isin(chosen["patient"]) & table["role"].isin(_LEARNED)
    return replace(plan, table=plan.table[kept.to_numpy()].reset_index(drop=True))


def _first(people: pd.DataFrame, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the first ``count`` patients of an order in which every stratum comes evenly."""
    shuffled = people.iloc[rng.permutation(len(people))]
    strata = shuffled.groupby(["y", "role", "domain"], sort=False)
    place = (strata.cumcount() + rng.random(len(shuffled))) / strata["y"].transform("size")
    return shuffled.iloc[np.argsort(place.to_numpy(), kind="stable")[:count]]


def _check(chosen: pd.DataFrame, learned: pd.DataFrame, count: int, fold: int, cohort: Cohort) -> None:
    if len(chosen) < count:
        raise SplitError(
            f"{cohort.name}: train_patients={count}, but fold {fold} has {len(chosen)} patients to learn from; "
            "ask for fewer, or for a larger cohort"
        )
    had, has = (set(zip(t["y"], t["role"], strict=True)) for t in (learned, chosen))
    if lost := sorted(had - has):
        named = ", ".join(f"{cohort.classes[y]} ({role})" for y, role in lost)
        raise SplitError(f"{cohort.name}: train_patients={count} leaves fold {fold} without {named}; ask for more")
