"""The registry of detailed metrics: by class, at operating points, of calibration, of answering only when sure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Literal

from leaderboard.measures import curves, decisions, recalibration_line, reliability, selective
from leaderboard.measures.auroc import class_auroc, hand_till
from leaderboard.measures.counts import Floats

GROUPS = ("discrimination", "operating points", "calibration", "selective answers")


@dataclass(frozen=True)
class Detail:
    """One score: ``function(y (n,), proba (n, K), weights (B, n)) -> (B,)``, or (B, K) where ``per_class``.

    Attributes:
        best: The value of a perfect entry: distance to it orders entries; None where nothing is ordered.
        within_fold: ``function`` also takes ``fold`` (n,) and compares rows of one fold only.
        inflated: Biased upwards, and more so on a resample: its interval is the reflected one.
        share: Of which patients it is a share: "own" of those of the class, "others" of the others, "both" of the two
            compared, "pairs" of every two classes compared, "answered" of the surest; "" for other scores.
        answered: Fraction of the patients that are answered.
        bounds: Least and largest possible value.
    """

    name: str
    label: str
    group: str
    function: Callable[..., Floats]
    best: float | None
    per_class: bool = False
    within_fold: bool = False
    inflated: bool = False
    share: Literal["", "own", "others", "both", "pairs", "answered"] = ""
    answered: float = 1.0
    bounds: tuple[float, float] = (0, 1)


PREVALENCE = 0.02  # share of APL-like variants that a referral centre might see; stated beside PPV and NPV

DETAILS: dict[str, Detail] = {
    detail.name: detail
    for detail in (
        Detail("class_auroc", "AUROC of the class", GROUPS[0], class_auroc, 1, per_class=True, within_fold=True,
               share="both"),
        Detail("hand_till", "Hand-Till M", GROUPS[0], hand_till, 1, within_fold=True, share="pairs"),
        Detail("auprc", "AUPRC", GROUPS[0], curves.average_precision, 1, per_class=True, within_fold=True),
        Detail("prevalence", "prevalence (chance AUPRC)", GROUPS[0], curves.prevalence, None, per_class=True),
        Detail("class_f1", "F1 of the class", GROUPS[0], decisions.class_f1, 1, per_class=True),
        Detail("kappa", "Cohen's kappa", GROUPS[0], decisions.kappa, 1, bounds=(-1, 1)),
        Detail("sensitivity", "sensitivity", GROUPS[1], decisions.sensitivity, 1, per_class=True, share="own"),
        Detail("specificity", "specificity", GROUPS[1], decisions.specificity, 1, per_class=True, share="others"),
        Detail("ppv_at_2", f"PPV at prevalence {PREVALENCE:.0%}", GROUPS[1],
               partial(decisions.positive_predictive_value, PREVALENCE), 1, per_class=True),
        Detail("npv_at_2", f"NPV at prevalence {PREVALENCE:.0%}", GROUPS[1],
               partial(decisions.negative_predictive_value, PREVALENCE), 1, per_class=True),
        Detail("sens_at_spec_95", "sensitivity at specificity .95", GROUPS[1], partial(curves.sensitivity_at, 0.95), 1,
               per_class=True, within_fold=True),
        Detail("sens_at_spec_99", "sensitivity at specificity .99", GROUPS[1], partial(curves.sensitivity_at, 0.99), 1,
               per_class=True, within_fold=True),
        Detail("spec_at_sens_95", "specificity at sensitivity .95", GROUPS[1], partial(curves.specificity_at, 0.95), 1,
               per_class=True, within_fold=True),
        Detail("ece_equal_mass", "ECE, equal mass", GROUPS[2], reliability.ece_equal_mass, 0, inflated=True),
        Detail("ece_classwise", "ECE, class by class", GROUPS[2], reliability.ece_classwise, 0, inflated=True),
        Detail("ece_debiased", "calibration error, debiased", GROUPS[2], reliability.ece_debiased, 0, inflated=True),
        Detail("brier_reliability", "Brier: reliability", GROUPS[2], reliability.brier_reliability, 0, inflated=True),
        Detail("brier_resolution", "Brier: resolution", GROUPS[2], reliability.brier_resolution, None, bounds=(0, 2)),
        Detail("calibration_slope", "calibration slope", GROUPS[2], recalibration_line.slope, 1, per_class=True,
               bounds=(-inf, inf)),
        Detail("calibration_intercept", "calibration intercept", GROUPS[2], recalibration_line.intercept, 0,
               per_class=True, bounds=(-inf, inf)),
        Detail("aurc", "AURC", GROUPS[3], selective.aurc, 0),
        Detail("accuracy_at_80", "accuracy at 80 % coverage", GROUPS[3],
               partial(selective.accuracy_at_coverage, 0.8), 1, share="answered", answered=0.8),
        Detail("accuracy_at_90", "accuracy at 90 % coverage", GROUPS[3],
               partial(selective.accuracy_at_coverage, 0.9), 1, share="answered", answered=0.9),
    )
}  # fmt: skip
