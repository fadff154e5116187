"""Any statistic of an entry's predictions on shared patient resamples."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from leaderboard.inference.bootstrap import BLOCK, Floats, draw
from leaderboard.records import Replicate, TaskResult, TestSet

Statistic = Callable[[Replicate, Floats], Floats]


def shared_weights(task: TaskResult, test_set: TestSet, resamples: int, seed: int) -> NDArray[np.uint16]:
    """Return the resamples that ``score.score`` draws, (n_patients, 1 + B); column 0 is the cohort as observed."""
    rng = np.random.default_rng([seed, zlib.crc32(f"{task.name}/{test_set.name}".encode())])
    return draw(test_set.strata, resamples, rng)


def clustered(statistic: Statistic, replicates: Sequence[Replicate], weights: NDArray[np.uint16]) -> Floats:
    """Compute C statistics of one entry on every resample, mean over the replicates that can be evaluated.

    Args:
        statistic: Replicate of n rows, weights (B, n) -> float (B, C), NaN where it is not defined.
        replicates: What is scored as one set each.
        weights: From ``shared_weights``.

    Returns:
        float64 (1 + B, C), row 0 being the estimate.
    """
    scores = np.stack([_blocks(statistic, replicate, weights) for replicate in replicates])
    known = ~np.isnan(scores)
    total = np.where(known, scores, 0.0).sum(axis=0)
    return np.divide(total, known.sum(axis=0), out=np.full(total.shape, np.nan), where=known.any(axis=0))


def _blocks(statistic: Statistic, replicate: Replicate, weights: NDArray[np.uint16]) -> Floats:
    step = max(1, BLOCK // max(1, len(replicate.y)))
    blocks = []
    for start in range(0, weights.shape[1], step):
        rows = weights[replicate.patient, start : start + step].astype(np.float64).T
        blocks.append(statistic(replicate, rows))
    return np.concatenate(blocks)
