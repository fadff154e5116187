"""What the best possible entry would score on a generated cohort, where the posterior is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cohort import Cohort
from datasets.simulate.shared import credit
from datasets.splits import SplitPlan


def oracle_accuracy(cohort: Cohort, subset: str, chosen: NDArray[np.bool_]) -> float:
    """Return the balanced accuracy of the Bayes posterior over the chosen specimens' classes, before label noise.

    The decision is that of entries: the most probable class. Ties are shared between their classes. A patient without
    any of the subset's modalities is called the most frequent class, as an entry that knows nothing would.

    Args:
        cohort: Generated cohort with ``truth.posterior``.
        subset: Modalities the posterior may use, such as "images+genes" or "all".
        chosen: bool (n,); specimens of none of the classes do not count.

    Raises:
        ValueError: If the cohort has no such posterior.
    """
    if cohort.truth is None or subset not in cohort.truth.posterior:
        raise ValueError(f"{cohort.name} has no Bayes posterior for {subset!r}")
    y = cohort.y if cohort.truth.y is None else cohort.truth.y
    classed = cohort.known & (y >= 0)  # label noise makes known patients of unseen classes, and the other way round
    right = credit(cohort.truth.posterior[subset], np.ones(cohort.n_classes), y)
    counted = chosen & classed
    return float(pd.Series(right[counted]).groupby(y[counted]).mean().mean())


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
