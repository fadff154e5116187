"""Time the patient-clustered bootstrap of eight metrics against a loop over scikit-learn.

Run from the repository root: ``python -m perf.bootstrap``. Both see the same resamples in the same process on one
core; the loop does fewer of them and is scaled. The ratio is the last line.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics
from threadpoolctl import threadpool_limits

from leaderboard.inference import distribution, draw
from leaderboard.measures import BINS, METRICS
from leaderboard.records import Replicate

Floats = NDArray[np.float64]
NAMES = ("balanced_accuracy", "auroc", "macro_f1", "mcc", "accuracy", "nll", "brier", "ece")


def main() -> None:
    """Print our time, the loop's, the largest difference and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--classes", type=int, default=5)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--loop", type=int, default=50, help="resamples of the scikit-learn loop")
    options = parser.parse_args()
    replicate = made_up(options.patients, options.classes)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, samples = min((timed(lambda: ours_once(replicate, options.resamples)) for _ in range(5)), key=first)
        weights = draw(replicate.y, options.resamples, np.random.default_rng(0))[:, 1 : 1 + options.loop]
        loop, reference = timed(lambda: np.array([by_scikit_learn(replicate, column) for column in weights.T]).T)
    loop *= options.resamples / options.loop
    print(
        f"{options.patients} patients x {options.classes} classes, {options.resamples} resamples, {len(NAMES)} metrics"
    )
    print(f"ours: {ours:.3f} s (drawing included, best of 5)")
    print(f"scikit-learn loop: {loop:.1f} s (scaled from {options.loop} resamples)")
    print(f"largest difference: {np.abs(samples[:, 1 : 1 + options.loop] - reference).max():.1e}")
    print(f"ratio: {loop / ours:.0f}")


def first(pair: tuple[float, Floats]) -> float:
    """Return the time of a timed result."""
    return pair[0]


def made_up(n: int, n_classes: int) -> Replicate:
    """Return predictions with some signal; probabilities are rounded so that ties occur."""
    rng = np.random.default_rng(0)
    y = rng.integers(n_classes, size=n)
    proba = np.exp(rng.normal(size=(n, n_classes)) + np.eye(n_classes)[y])
    proba = np.round(proba / proba.sum(axis=1, keepdims=True), 2) + 1e-3
    return Replicate(y, proba / proba.sum(axis=1, keepdims=True), np.arange(n), np.zeros(n, dtype=np.int64))


def timed(work: Callable[[], Floats]) -> tuple[float, Floats]:
    """Return CPU seconds and the result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def ours_once(replicate: Replicate, resamples: int) -> Floats:
    """Return (n_metrics, 1 + B)."""
    weights = draw(replicate.y, resamples, np.random.default_rng(0))
    return distribution([replicate], [METRICS[name] for name in NAMES], weights)


def by_scikit_learn(replicate: Replicate, weights: NDArray[np.uint16]) -> list[float]:
    """Return the same metrics of one resample."""
    rows = np.repeat(np.arange(len(replicate.y)), weights)
    y, proba = replicate.y[rows], replicate.proba[rows]
    label = proba.argmax(axis=1)
    return [
        sklearn_metrics.balanced_accuracy_score(y, label),
        sklearn_metrics.roc_auc_score(y, proba, multi_class="ovr"),
        sklearn_metrics.f1_score(y, label, average="macro"),
        sklearn_metrics.matthews_corrcoef(y, label),
        sklearn_metrics.accuracy_score(y, label),
        sklearn_metrics.log_loss(y, proba),
        sklearn_metrics.brier_score_loss(y, proba, scale_by_half=False),
        calibration_error(label == y, proba.max(axis=1)),
    ]


def calibration_error(right: NDArray[np.bool_], confidence: Floats) -> float:
    """Return the ECE of one sample, which scikit-learn does not have, one bin at a time."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    there = [bins == i for i in range(BINS) if (bins == i).any()]
    return sum(abs(right[rows].mean() - confidence[rows].mean()) * rows.mean() for rows in there)


if __name__ == "__main__":
    main()
