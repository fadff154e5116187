"""Patient-clustered bootstrap: whole patients are drawn, never cells or specimens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import t

from leaderboard.measures import Metric, read_only
from leaderboard.records import Replicate

Floats = NDArray[np.float64]
LEVEL = 0.95
FEW_REACH = 2.2  # above it, with about 16 patients or fewer, so far out in the resamples the quantiles are too near
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
        rows = read_only(weights[replicate.patient, start : start + step].astype(np.float64).T)
        blocks.append(np.stack([_score(metric, replicate, rows) for metric in metrics]))
    return np.concatenate(blocks, axis=1)


def _score(metric: Metric, replicate: Replicate, rows: Floats) -> Floats:
    if metric.within_fold:
        return metric.function(replicate.y, replicate.proba, rows, fold=replicate.fold)
    return metric.function(replicate.y, replicate.proba, rows)


def reach(strata: NDArray[np.int64], *, patient_mean: bool = False) -> float:
    """Return how many standard errors of the resamples a 95 % interval needs on either side: 1.96 with many patients.

    It is the quantile of t with as many degrees of freedom as there are patients less strata, times the root of what
    the resamples lack in variance: of a mean over strata of n patients each they show (n - 1) / n.

    Args:
        strata: What was drawn within, int (n_patients,).
        patient_mean: Whether the score weighs patients alike, as accuracy does: of N patients in H strata the resamples
            show (N - H) / N of its variance. Otherwise it is taken to weigh strata alike, as class averages do.

    Returns:
        Infinity where no stratum has two patients.

    Reference: T. Hesterberg, What teachers should know about the bootstrap, 2015, section 4 (expanded percentiles).
    """
    sizes = np.unique(strata, return_counts=True)[1]
    free = float((sizes - 1).sum())
    if not free:
        return float("inf")
    several = sizes[sizes > 1].astype(np.float64)
    lacking = sizes.sum() / free if patient_mean else (1 / (several - 1)).sum() / (1 / several).sum()
    return float(t.ppf((1 + LEVEL) / 2, free) * np.sqrt(lacking))


def interval(
    samples: Floats, reach: float | Floats, bounds: tuple[float, float] = (-np.inf, np.inf)
) -> tuple[Floats, Floats]:
    """Return the expanded percentiles of each row of ``samples`` (n, B) over its defined resamples.

    With many patients, when ``reach`` is 1.96, these are the 2.5 and 97.5 percentiles. Few patients give few different
    resamples, and none far out: above ``FEW_REACH`` each bound is at least ``reach`` standard deviations of the
    resamples from their mean, which for a mean of normal values is Student's interval.

    Args:
        samples: Resamples, (n, B).
        reach: Of ``reach``, of all rows or of each, (n,).
        bounds: Worst and best possible value; the interval is cut there.

    Returns:
        low and high, float64 (n,); NaN where no resample is defined or ``reach`` is infinite: one patient of each
        stratum says nothing of others.
    """
    found = np.full((2, len(samples)), np.nan)
    missing, wides = np.isnan(samples), np.broadcast_to(np.asarray(reach, dtype=np.float64), len(samples))
    for wide in np.unique(wides[np.isfinite(wides)]).tolist():
        alike = wides == wide
        whole = alike & ~missing.any(axis=1)
        found[:, whole] = _expanded(samples[whole], wide)
        for i in np.flatnonzero(alike & missing.any(axis=1) & ~missing.all(axis=1)):
            found[:, i] = _expanded(samples[i, ~missing[i]], wide)
    low, high = np.clip(found, *bounds)
    return low, high


def _expanded(samples: Floats, wide: float) -> Floats:
    """Return low and high over the last axis of ``samples``, which has no gaps."""
    rows = np.ascontiguousarray(samples)
    below = float(ndtr(-wide))
    low, high = np.quantile(rows, [below, 1 - below], axis=-1)
    if wide > FEW_REACH:
        middle, half = rows.mean(axis=-1), wide * rows.std(axis=-1)
        low, high = np.minimum(low, middle - half), np.maximum(high, middle + half)
    return np.stack([low, high])


def reflected(values: Floats, samples: Floats, reach: float | Floats) -> tuple[Floats, Floats]:
    """Return the basic bootstrap interval, for a non-negative score that resampling inflates.

    Resampled ECE lies above the ECE it came from about as far as that lies above the truth, so the percentiles are
    mirrored at the estimate, cut at 0, and made to hold the estimate. It still covers less than 95 %, least for a well
    calibrated entry; ``python -m perf.coverage`` prints by how much.
    """
    low, high = interval(samples, reach)
    return np.maximum(2 * values - high, 0.0), np.maximum(2 * values - low, values)
