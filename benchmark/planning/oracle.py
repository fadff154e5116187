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

    The decision is the one that suits balanced accuracy: the class whose posterior exceeds its prior (the cohort's
    class frequencies, the same for all sites) by the largest factor. Ties are shared: a specimen with none of the
    subset's modalities, about which the posterior knows nothing, counts as one right in ``n_classes``.

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
    prior = np.bincount(y[classed], minlength=cohort.n_classes) / classed.sum()
    right = credit(cohort.truth.posterior[subset], prior, y)
    # tied all the same, but their posterior is the generator's prior, which the cohort's frequencies only come near
    right[~_has_any(cohort, subset)] = 1 / cohort.n_classes
    counted = chosen & classed
    return float(pd.Series(right[counted]).groupby(y[counted]).mean().mean())


def _has_any(cohort: Cohort, subset: str) -> NDArray[np.bool_]:
    modalities = cohort.modalities if subset == "all" else subset.split("+")
    return np.any([cohort.has(modality) for modality in modalities], axis=0)


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
