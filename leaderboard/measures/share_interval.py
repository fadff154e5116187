"""The interval of a score that is a share, with few patients and at its bounds, where resamples show no spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from leaderboard.measures.counts import Floats, label, ratio
from leaderboard.measures.exact_interval import clopper_pearson
from leaderboard.records import FEW_OF_STRATUM, ClassSizes, Replicate, patients_of

Share = Literal["", "patients", "classes", "positives", "comparisons"]
_Z = float(norm.ppf(0.975))
TINY = 1e-20  # variance that rounding makes


def most_effective(share: Share, sizes: NDArray[np.int64]) -> float:
    """Return how many independent answers, right or wrong, such a score can be worth at most.

    Args:
        share: "patients" weighs each alike and is worth n; "classes" averages over K classes and is worth
            K^2 / sum(1 / n_k), which is n where classes are equal; "comparisons" sets each class against the rest, as
            AUROC and MCC do, and is worth K - 1 times that. "positives" is F1 of two classes: as "classes", but at 0
            what is known is that no positive patient was found (``most_at_bound``).
        sizes: n_k, int (K,); empty classes are left out.
    """
    there = sizes[sizes > 0].astype(np.float64)
    if share == "patients":
        return float(there.sum())
    balanced = len(there) ** 2 / float((1 / there).sum()) if len(there) else 0.0
    return balanced * max(1, len(there) - 1) if share == "comparisons" else balanced


def most_at_bound(share: Share, sizes: ClassSizes, *, worst: bool = False) -> float:
    """Return ``most_effective`` of patients, not specimens: for a score at its best or ``worst``, or nearly there.

    Where patients carry several classes it is no more than their number.
    """
    if share == "positives" and worst:
        return float(sizes.patients[-1])
    most = most_effective(share, sizes.patients)
    return min(most, sizes.distinct) if sizes.patients.sum() > sizes.distinct else most


def at_bound(values: Floats, bounds: tuple[float, float] = (0, 1)) -> NDArray[np.bool_]:
    """Return which scores are the worst or the best possible, up to rounding."""
    close: NDArray[np.bool_] = (np.abs(values[..., None] - np.array(bounds)) < 1e-12).any(axis=-1)
    return close


def few_patients(replicates: Sequence[Replicate]) -> bool:
    """Return whether fewer than ``FEW_OF_STRATUM`` patients have a wrong row, or a right one.

    Where specimens are scored one by one, so few say nearly nothing of how the errors of a patient go together: the
    effective number that resamples show is no estimate, and is cut at the number of patients.
    """
    right = [label(replicate.proba) == replicate.y for replicate in replicates]
    return any(
        patients_of([mask == side for mask in right], replicates) < FEW_OF_STRATUM for side in (False, True) if right
    )


def unmoved(samples: Floats) -> NDArray[np.bool_]:
    """Return which scores (n, B) no resample changes, up to rounding; True where none is defined."""
    known = ~np.isnan(samples)
    far = np.where(known, samples, -np.inf).max(axis=1) - np.where(known, samples, np.inf).min(axis=1)
    moved: NDArray[np.bool_] = far > TINY**0.5
    return ~moved


def share_interval(
    values: Floats,
    samples: Floats,
    reach: float | Floats,
    most: float | Floats,
    bounds: tuple[float, float] = (0, 1),
    *,
    fixed: bool | NDArray[np.bool_] = False,
) -> tuple[Floats, Floats]:
    """Return Wilson's 95 % interval with the effective number of patients in place of their number.

    Where nearly all or nearly none are right, Wilson's is too short on the side of the bound (19 of 20: the interval
    ends at .991, and holds a true .995 in 90 % of draws): there each limit is at least as far as the exact one-sided
    limit of 95 %.

    The effective number is the number m for which v (1 - v) / m is the variance of the resamples, widened by ``reach``,
    but not above ``most``: a class whose patients are all right shows no variance, which is no certainty. The interval
    holds the estimate, lies in the bounds and has a width at them.

    Args:
        values: Estimates, (n,).
        samples: The same on resamples, (n, B).
        reach: Of ``bootstrap.reach``.
        most: Of ``most_effective``.
        bounds: Worst and best possible score.
        fixed: Whether the entry gives everybody one answer (``testsets.one_answer``): where no resample changes its
            score, such as AUROC 0.5, and that is inside the bounds, the interval has no width. It may be one flag each.

    Returns:
        low and high, float64 (n,); NaN where the score is.

    References: E. Wilson, 1927; E. Korn and B. Graubard, Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data, 1998 (effective number, widened and cut);
    N. Dean and M. Pagano, Evaluating confidence interval methods for binomial proportions in clustered surveys, 2015;
    L. Brown, T. Cai and A. DasGupta, Interval estimation for a binomial proportion, 2001 (Wilson's near the bounds).
    """
    bottom, height = bounds[0], bounds[1] - bounds[0]
    v, known = np.clip((values - bottom) / height, 0, 1), ~np.isnan(samples)
    widened = (np.asarray(reach, dtype=np.float64) / _Z) ** 2
    mean = ratio(np.where(known, samples, 0).sum(axis=1), known.sum(axis=1))
    variance = ratio((np.where(known, samples - mean[:, None], 0) ** 2).sum(axis=1), known.sum(axis=1)) / height**2
    shown = np.where(variance > TINY, v * (1 - v) / np.maximum(variance, TINY), np.inf)
    m = np.minimum(shown, most) / widened
    middle, half = v * m + _Z**2 / 2, _Z * np.sqrt(m * v * (1 - v) + _Z**2 / 4)
    sure = np.asarray(fixed) & (variance <= TINY) & ~at_bound(values, bounds)
    lowest, highest = clopper_pearson(v * m, m, tail=0.05)  # NaN where nobody is there
    low = np.where(sure, v, np.fmin((middle - half) / (m + _Z**2), lowest))
    high = np.where(sure, v, np.fmax((middle + half) / (m + _Z**2), highest))
    return bottom + height * np.clip(low, 0, v), bottom + height * np.clip(high, v, 1)
