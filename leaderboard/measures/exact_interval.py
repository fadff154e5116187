"""The interval of a share that needs no resampling, and stays honest when all or none are right."""

from __future__ import annotations

import numpy as np
from scipy.stats import beta

from leaderboard.measures.counts import Floats


def clopper_pearson(hits: Floats, n: Floats, tail: float = 0.025) -> tuple[Floats, Floats]:
    """Return the exact binomial 95 % interval of ``hits / n``; NaN where ``n`` is 0.

    With a ``tail`` of .05 each limit is a one-sided one of 95 %. Hits may be fractions, as when seeds are averaged.
    Shares of 0 and 1 keep an interval: 12 of 12 has [0.735, 1].

    Reference: C. Clopper and E. Pearson, The use of confidence or fiducial limits, 1934.
    """
    hits, n = np.broadcast_arrays(np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64))
    misses = np.maximum(n - hits, 0.0)
    with np.errstate(invalid="ignore"):
        low = np.where(hits > 0, beta.ppf(tail, hits, misses + 1), 0.0)
        high = np.where(misses > 0, beta.ppf(1 - tail, hits + 1, misses), 1.0)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)
