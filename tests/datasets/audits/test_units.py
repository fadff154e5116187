"""Slips of units: findings word by word, and where each limit lies."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from datasets.audits.finding import Finding
from datasets.audits.units import _factor, _is_far, _slips, unit_slips
from tests.toy import toy_cohort


def told(values, unit="g/L"):
    n = len(values)
    toy = toy_cohort(n=n, images=False, genes=False, missing=0)
    table = pd.DataFrame({"sex": toy.clinical["sex"], "hb": values})
    return list(unit_slips(replace(toy, clinical=table, units={"hb": unit}), None))


BULK = np.linspace(80, 120, 20)


def test_a_slip_is_told_with_the_first_values_and_the_unit():
    values = np.concatenate([BULK, [0, -5, np.nan], [9.5, 10.25, 9, 10]])
    slip = Finding(
        "unit-slips", False, "clinical['hb']",
        "4 of 24 values (9.5, 10.25, 9) fit the others only when times 10: S023, S024, S025 and 1 more.",
        "Look the values up; the column is in g/L.", ("S023", "S024", "S025", "S026"),
    )  # fmt: skip
    assert told(values) == [slip]
    (finding,) = told(values, unit="")
    assert finding.remedy == "Look the values up; the column is in pure numbers."
    (finding,) = told(np.append(BULK, 98_000))
    assert finding.problem == "1 of 21 values (98000) fit the others only when divided by 1000: S020."


def test_a_cohort_without_clinical_columns_has_no_slip():
    assert list(unit_slips(toy_cohort(n=30, images=False, clinical=False), None)) == []


@pytest.mark.parametrize(("n", "found"), [(19, 0), (20, 1)])
def test_twenty_values_tell_the_usual_range(n, found):
    assert len(told(np.append(np.linspace(90, 110, n - 1), 1.0))) == found


def test_of_two_halves_the_high_one_is_odd():
    logs = np.log10(np.concatenate([np.linspace(98, 102, 10), np.linspace(980, 1020, 10)]))
    (slip,) = _slips(logs)
    assert slip.odd.tolist() == [False] * 10 + [True] * 10 and (slip.factor, slip.times) == (10, False)
    (slip,) = _slips(np.append(logs, 3.0))
    assert slip.odd.tolist() == [True] * 10 + [False] * 11 and (slip.factor, slip.times) == (10, True)


def test_slips_on_a_side_are_told_once_from_both_ends():
    logs = np.log10(np.concatenate([np.linspace(98, 102, 30), [0.1, 0.1, 1.0, 10_000.0]]))
    assert [(np.flatnonzero(s.odd).tolist(), s.factor, s.times) for s in _slips(logs)] == [
        ([30, 31], 1000, True), ([33], 100, False)
    ]  # fmt: skip


def spread_of(width):
    """Return logarithms around 0 whose robust standard deviation is ``width``."""
    s = width / 1.4826
    return np.array([-s, -s, 0.0, s, s])


@pytest.mark.parametrize(
    ("odd", "width", "factor"),
    [
        ([1.0], 0.02, 10),
        ([-1.0], 0.02, 10),
        ([np.log10(18)], 0.02, 18),
        ([1.12], 0.05, 10),  # log10 of 18 is 1.255: nearer to 10
        ([1.14], 0.05, 18),
        ([-2.0, -2.05], 0.02, 100),
        ([3.0], 0.02, 1000),
        ([3.0], 0.599, 1000),  # the factor is five spreads
        ([3.0], 0.601, 0),
        ([1.0 + 2.99 * 0.02], 0.02, 10),  # within three spreads
        ([1.0, 1.0 - 2.99 * 0.02], 0.02, 10),
        ([1.0, 1.0 - 3.01 * 0.02], 0.02, 0),
        ([1.0, 1.0 + 3.01 * 0.02], 0.02, 0),
        ([1.0 + 0.0149], 0.0, 10),  # a spread is at least .005
        ([1.0 + 0.0151], 0.0, 0),
    ],
)
def test_a_factor_fits_within_three_spreads_of_a_bulk_that_is_narrow(odd, width, factor):
    assert _factor(np.array(odd), spread_of(width)) == factor


@pytest.mark.parametrize(("tail", "factor"), [(0.66, 10), (0.68, 0)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_third_of_the_factor_lies_empty_between(tail, factor, sign):
    bulk = np.append(spread_of(0.02), sign * tail)
    assert _factor(np.array([sign * 1.0]), bulk) == factor


def test_far_is_four_spreads_without_logarithms_for_every_odd_value():
    bulk = 100 + np.array([-10, -10, 0, 10, 10]) / 1.4826
    for odd, far in (([140.01], True), ([139.9], False), ([59.9], True), ([60.1], False), ([150, 139], False)):
        assert _is_far(np.array(odd), bulk) is far
    assert _is_far(np.array([100.0]), np.full(5, 100.0))
