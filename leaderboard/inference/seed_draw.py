"""Resample trainings along with patients, so that a difference that another seed would undo is no difference."""

from __future__ import annotations

import numpy as np

from leaderboard.measures import Floats, ratio


def with_drawn_seeds(scores: Floats, rng: np.random.Generator) -> Floats:
    """Average an entry's seeds, each resample drawing as many of them, with replacement, as there are.

    Patients alone cannot show that two trainings differ by luck. With one seed nothing can be drawn, and the spread
    between trainings stays unknown.

    Args:
        scores: Of S seeds on shared patient resamples, float (S, 1 + B); column 0 is the cohort as observed.
        rng: Source of randomness. Entries may share the draws: their trainings are independent all the same.

    Returns:
        float (1 + B), column 0 being the plain mean; mean over the drawn seeds that can be evaluated, NaN without any.
    """
    n_seeds, columns = scores.shape
    picked = rng.integers(n_seeds, size=(n_seeds, columns))
    picked[:, 0] = np.arange(n_seeds)
    drawn = np.take_along_axis(scores, picked, axis=0)
    known = ~np.isnan(drawn)
    return ratio(np.where(known, drawn, 0.0).sum(axis=0), known.sum(axis=0))
