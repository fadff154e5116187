"""What the best possible entry would score on a generated cohort, where the posterior is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cohort import Cohort
from datasets.splits import SplitPlan


def oracle_accuracy(cohort: Cohort, subset: str, chosen: NDArray[np.bool_]) -> float:
    """Return the balanced accuracy of the Bayes posterior over the chosen specimens' classes.

    The decision is the one that suits balanced accuracy: the class whose posterior exceeds its prior (the cohort's
    class frequencies, the same for all sites) by the largest factor.

    Args:
        cohort: Generated cohort with ``truth.posterior``.
        subset: Modalities the posterior may use, such as "images+genes" or "all".
        chosen: bool (n,).

    Raises:
        ValueError: If the cohort has no such posterior.
    """
    if cohort.truth is None or subset not in cohort.truth.posterior:
        raise ValueError(f"{cohort.name} has no Bayes posterior for {subset!r}")
    prior = np.bincount(cohort.y, minlength=cohort.n_classes) / len(cohort)
    right = (cohort.truth.posterior[subset] / prior).argmax(axis=1) == cohort.y
    return float(pd.Series(right[chosen]).groupby(cohort.y[chosen]).mean().mean())


def oracle_notes(cohort: Cohort, split: SplitPlan) -> tuple[str, ...]:
    """Return one sentence for the leaderboard, or none where the posterior is not known."""
    if cohort.truth is None or "all" not in cohort.truth.posterior:
        return ()
    tested = split.table.groupby("role")["specimen"].unique()
    parts = [
        f"{oracle_accuracy(cohort, 'all', np.isin(cohort.specimen, tested[role].astype(str))):.3f} "
        f"{'in-domain' if role == 'test' else role.removeprefix('test:')}"
        for role in split.test_roles
    ]
    return (
        "Bayes posterior of the generator given every latent trait, gene and value of these patients, not the site: "
        f"balanced accuracy {', '.join(parts)}",
    )
