"""What is said of each detailed score: function, best value, whose share it is, bounds."""

from __future__ import annotations

from functools import partial
from math import inf

import pytest

from leaderboard.measures.detail_metrics import DETAILS

RANK, POINT, CALIBRATION, SURE = "discrimination", "operating points", "calibration", "selective answers"
# group, function, its first argument, best, then all that differs from the ordinary
SAID = {
    "class_auroc": (RANK, "class_auroc", None, 1, {"per_class", "within_fold", "both"}),
    "hand_till": (RANK, "hand_till", None, 1, {"within_fold", "pairs"}),
    "auprc": (RANK, "average_precision", None, 1, {"per_class", "within_fold"}),
    "prevalence": (RANK, "prevalence", None, None, {"per_class"}),
    "class_f1": (RANK, "class_f1", None, 1, {"per_class"}),
    "kappa": (RANK, "kappa", None, 1, {(-1, 1)}),
    "sensitivity": (POINT, "sensitivity", None, 1, {"per_class", "own"}),
    "specificity": (POINT, "specificity", None, 1, {"per_class", "others"}),
    "ppv_at_2": (POINT, "positive_predictive_value", 0.02, 1, {"per_class"}),
    "npv_at_2": (POINT, "negative_predictive_value", 0.02, 1, {"per_class"}),
    "sens_at_spec_95": (POINT, "sensitivity_at", 0.95, 1, {"per_class", "within_fold"}),
    "sens_at_spec_99": (POINT, "sensitivity_at", 0.99, 1, {"per_class", "within_fold"}),
    "spec_at_sens_95": (POINT, "specificity_at", 0.95, 1, {"per_class", "within_fold"}),
    "ece_equal_mass": (CALIBRATION, "ece_equal_mass", None, 0, {"inflated"}),
    "ece_classwise": (CALIBRATION, "ece_classwise", None, 0, {"inflated"}),
    "ece_debiased": (CALIBRATION, "ece_debiased", None, 0, {"inflated"}),
    "brier_reliability": (CALIBRATION, "brier_reliability", None, 0, {"inflated"}),
    "brier_resolution": (CALIBRATION, "brier_resolution", None, None, {(0, 2)}),
    "calibration_slope": (CALIBRATION, "slope", None, 1, {"per_class", (-inf, inf)}),
    "calibration_intercept": (CALIBRATION, "intercept", None, 0, {"per_class", (-inf, inf)}),
    "aurc": (SURE, "aurc", None, 0, set()),
    "accuracy_at_80": (SURE, "accuracy_at_coverage", 0.8, 1, {"answered", 0.8}),
    "accuracy_at_90": (SURE, "accuracy_at_coverage", 0.9, 1, {"answered", 0.9}),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_a_score(name: str) -> None:
    d = DETAILS[name]
    called, first = (d.function.func, d.function.args[0]) if isinstance(d.function, partial) else (d.function, None)
    flags = {flag for flag in ("per_class", "within_fold", "inflated") if getattr(d, flag)}
    figures = {d.share} - {""} | {d.answered} - {1.0} | {d.bounds} - {(0, 1)}
    assert (d.group, called.__name__, first, d.best, flags | figures) == SAID[name]
    assert d.name == name and d.label


def test_the_order_is_that_of_the_groups() -> None:
    assert list(DETAILS) == list(SAID)
