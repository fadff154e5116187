"""A report is kept as JSON can hold it, and what JSON cannot hold is named with its place."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmark.trials.plain_report import plain_report

SAME = [None, True, False, 3, -2.5, "text", [], {}, [1, [2, "x"]], {"a": {"b": [None]}}]


@pytest.mark.parametrize("value", SAME)
def test_what_json_holds_stays(value):
    plain = plain_report({"x": value})
    assert plain == {"x": value} == json.loads(json.dumps(plain, allow_nan=False))
    assert type(plain["x"]) is type(value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int64(3), 3), (np.float32(0.5), 0.5), (np.bool_(True), True), (np.arange(3), [0, 1, 2]),
        (np.array([[0.5, np.nan]]), [[0.5, "nan"]]), (float("inf"), "inf"), (-np.inf, "-inf"), ((1, 2), [1, 2]),
        ("a\udc80", "a\\udc80"), ({1: 2, 0.5: 3, False: 4}, {"1": 2, "0.5": 3, "False": 4}),
        ({np.int64(7): "x"}, {"7": "x"}), ({np.float64(0.25): 1}, {"0.25": 1}),
    ],
)  # fmt: skip
def test_numbers_of_numpy_and_what_is_not_finite_become_plain(value, plain):
    kept = plain_report({"x": value})["x"]
    assert kept == plain and type(kept) is type(plain)


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ([1], "report_ is a list, needs a dict"),
        ("x", "report_ is a str, needs a dict"),
        ({"a": {1, 2}}, r"report_\['a'\] is a set, which JSON cannot hold"),
        ({"a": [0, {"b": object()}]}, r"report_\['a'\]\[1\]\['b'\] is an object, which"),
        ({"a": np.array([1j])}, r"report_\['a'\]\[0\] is a complex"),
        ({(1, 2): 3}, r"report_ has the key \(1, 2\), a tuple, which JSON cannot hold; give text"),
        ({"a": {None: 3}}, r"report_\['a'\] has the key None, a NoneType"),
    ],
)
def test_what_json_cannot_hold_is_named_with_its_place(report, said):
    with pytest.raises(TypeError, match=said):
        plain_report(report)
