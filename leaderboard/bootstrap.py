"""Patient-clustered bootstrap: whole patients are drawn, never cells or specimens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from leaderboard.metrics import Metric
from leaderboard.testsets import Replicate

Floats = NDArray[np.float64]
LEVEL = 0.95
BLOCK = 1 << 18  # weights held as float at a time: small enough to stay in cache, large enough to amortise the calls


def draw(strata: NDArray[np.int64], resamples: int, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Draw how often each patient is in each resample.

    Each stratum gives as many patients as it has; a stratum of one patient is therefore fixed.

    Args:
        strata: Stratum of each patient, int (n_patients,).
        resamples: B.
        rng: Source of randomness.

    Returns:
        uint16 (n_patients, 1 + B); column 0 is the cohort as it was observed, so that the estimate and its
        resamples come from one computation.
    """
    weights = np.ones((len(strata), 1 + resamples), dtype=np.uint16)
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        if len(members) > 1:
            picked = rng.integers(len(members), size=(len(members), resamples)) * resamples + np.arange(resamples)
            counts = np.bincount(picked.ravel(), minlength=len(members) * resamples)
            weights[members, 1:] = counts.reshape(len(members), resamples)
    return weights


def distribution(replicates: Sequence[Replicate], metrics: Sequence[Metric], weights: NDArray[np.uint16]) -> Floats:
    """Score one entry on every resample; its models (seeds, folds) meet the same patients and are averaged.

    Args:
        replicates: What is scored as one set each, such as the out-of-fold predictions of one seed.
        metrics: M metrics.
        weights: From ``draw``, (n_patients, 1 + B).

    Returns:
        float64 (M, 1 + B), mean over the replicates that can be evaluated; NaN where none can.
    """
    scores = np.stack([_one(replicate, metrics, weights) for replicate in replicates])
    defined = ~np.isnan(scores)
    total = np.where(defined, scores, 0.0).sum(axis=0)
    return np.divide(total, defined.sum(axis=0), out=np.full(total.shape, np.nan), where=defined.any(axis=0))


def _one(replicate: Replicate, metrics: Sequence[Metric], weights: NDArray[np.uint16]) -> Floats:
    step = max(1, BLOCK // max(1, len(replicate.y)))
    blocks = []
    for start in range(0, weights.shape[1], step):
        rows = weights[replicate.patient, start : start + step].astype(np.float64).T
        blocks.append(np.stack([_score(metric, replicate, rows) for metric in metrics]))
    return np.concatenate(blocks, axis=1)


def _score(metric: Metric, replicate: Replicate, rows: Floats) -> Floats:
    if metric.within_fold:
        return metric.function(replicate.y, replicate.proba, rows, fold=replicate.fold)
    return metric.function(replicate.y, replicate.proba, rows)


def interval(samples: Floats) -> tuple[Floats, Floats]:
    """Return the 2.5 and 97.5 percentiles of each row of ``samples`` (n, B) over its defined resamples."""
    bounds = np.full((2, len(samples)), np.nan)
    for i, row in enumerate(samples):
        defined = row[~np.isnan(row)]
        if len(defined):
            bounds[:, i] = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return bounds[0], bounds[1]


def reflected(values: Floats, samples: Floats) -> tuple[Floats, Floats]:
    """Return the basic bootstrap interval, for a non-negative score that resampling inflates.

    Resampled ECE lies above the ECE it came from about as far as that lies above the truth, so the percentiles are
    mirrored at the estimate, cut at 0, and made to hold the estimate. Simulated coverage of the nominal 95 % at 100
    patients: 91 % for an over-confident entry (percentiles: 23 %), 51 % for a perfectly calibrated one (0 %).
    """
    low, high = interval(samples)
    return np.maximum(2 * values - high, 0.0), np.maximum(2 * values - low, values)
