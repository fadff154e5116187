"""What is said of each metric: direction, bounds, what it is a share of, where it is defined."""

from __future__ import annotations

import math

import pytest

from leaderboard.measures.metrics import METRICS, metrics_for

# higher is better, worst and best, share, binary, within fold, reference, inflated, weighs patients alike
SAID = {
    "balanced_accuracy": (True, (0, 1), "classes", False, False, False, False, False),
    "auroc": (True, (0, 1), "comparisons", False, True, False, False, False),
    "macro_f1": (True, (0, 1), "classes", False, False, False, False, False),
    "f1": (True, (0, 1), "positives", True, False, False, False, False),
    "always_positive_f1": (True, (0, 1), "", True, False, True, False, True),
    "mcc": (True, (-1, 1), "comparisons", False, False, False, False, False),
    "accuracy": (True, (0, 1), "patients", False, False, False, False, True),
    "nll": (False, (0, 6 * math.log(10)), "", False, False, False, False, True),
    "brier": (False, (0, 2), "", False, False, False, False, True),
    "ece": (False, (0, 1), "", False, False, False, True, True),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_a_metric(name: str) -> None:
    m = METRICS[name]
    told = (m.higher_is_better, m.bounds, m.share, m.binary, m.within_fold, m.reference, m.inflated, m.patient_mean)
    assert told[0] == SAID[name][0] and told[1] == pytest.approx(SAID[name][1]) and told[2:] == SAID[name][2:]
    assert m.name == name and m.function.__name__ == name


def test_the_order_is_that_of_the_table() -> None:
    assert list(METRICS) == list(SAID)
    assert [m.name for m in metrics_for(3)] == [name for name in SAID if not SAID[name][3]]
