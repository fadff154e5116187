"""The registry of metrics: name, function, direction, bounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from leaderboard.measures.auroc import auroc
from leaderboard.measures.calibration import EPS, brier, ece, nll
from leaderboard.measures.counts import Floats, accuracy, always_positive_f1, balanced_accuracy, f1, macro_f1, mcc
from leaderboard.measures.share_interval import Share


@dataclass(frozen=True)
class Metric:
    """One score: ``function(y (n,), proba (n, K), weights (B, n)) -> (B,)``.

    Attributes:
        binary: Only for two classes; class 1 is the positive one.
        within_fold: ``function`` also takes ``fold`` (n,) and compares rows of one fold only.
        reference: Depends on the labels alone: printed beside another metric, never ranked.
        inflated: Biased upwards, and more so on a resample: its interval is the reflected one.
        share: What a share is one of, for its interval (``share_interval``); "" for other scores.
    """

    name: str
    label: str
    function: Callable[..., Floats]
    higher_is_better: bool
    bounds: tuple[float, float]
    binary: bool = False
    within_fold: bool = False
    reference: bool = False
    inflated: bool = False
    share: Share = ""

    @property
    def patient_mean(self) -> bool:
        """Whether it weighs patients alike, rather than classes."""
        return self.share in ("", "patients")


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("balanced_accuracy", "balanced accuracy", balanced_accuracy, True, (0, 1), share="classes"),
        Metric("auroc", "AUROC", auroc, True, (0, 1), within_fold=True, share="comparisons"),
        Metric("macro_f1", "macro F1", macro_f1, True, (0, 1), share="classes"),
        Metric("f1", "F1", f1, True, (0, 1), binary=True, share="positives"),
        Metric(
            "always_positive_f1", "always-positive F1", always_positive_f1, True, (0, 1), binary=True, reference=True
        ),
        Metric("mcc", "MCC", mcc, True, (-1, 1), share="comparisons"),
        Metric("accuracy", "accuracy", accuracy, True, (0, 1), share="patients"),
        Metric("nll", "NLL", nll, False, (0, -math.log(EPS))),
        Metric("brier", "Brier", brier, False, (0, 2)),
        Metric("ece", "ECE", ece, False, (0, 1), inflated=True),
    )
}


def metrics_for(n_classes: int) -> tuple[Metric, ...]:
    """Return the metrics that are defined for so many classes, in the order they are printed."""
    return tuple(metric for metric in METRICS.values() if n_classes == 2 or not metric.binary)


def headline(n_classes: int) -> Metric:
    """Return the metric that orders a table: AUROC for two classes, balanced accuracy for more."""
    return METRICS["auroc" if n_classes == 2 else "balanced_accuracy"]
