"""Intervals read as mathematics writes them and say in words what a number must be."""

import math

import pytest

from benchmark.entries.interval import Interval

INF = math.inf


@pytest.mark.parametrize(
    ("text", "interval", "said"),
    [
        ("[1, 100]", Interval(1, 100, True, True), "from 1 to 100"),
        ("(0, 1]", Interval(0, 1, False, True), "above 0 and at most 1"),
        ("[0, 1)", Interval(0, 1, True, False), "at least 0 and below 1"),
        ("( -1.5 ,1e3 )", Interval(-1.5, 1000, False, False), "above -1.5 and below 1000"),
        ("[0, inf)", Interval(0, INF, True, False), "at least 0"),
        ("(0, inf]", Interval(0, INF, False, True), "above 0"),
        ("[0, inf]", Interval(0, INF, True, True), "at least 0"),
        ("[1, image side]", Interval(1, INF, True, True, "image side"), "at least 1"),
    ],
)
def test_an_interval_is_read_and_said(text, interval, said):
    assert Interval.read(text) == interval and interval.said == said


@pytest.mark.parametrize(
    ("text", "misses"),
    [
        ("[1, 2]", {0.9: "at least 1", 1: "", 2: "", 2.1: "at most 2", math.nan: "at least 1"}),
        ("(1, 2)", {1: "above 1", 1.5: "", 2: "below 2", math.nan: "above 1"}),
        ("[0, inf)", {0: "", 1e300: "", INF: "finite", -1: "at least 0"}),
        ("[0, inf]", {INF: "", -INF: "at least 0"}),
    ],
)
def test_what_a_number_outside_must_be(text, misses):
    assert {value: Interval.read(text).misses(value) for value in misses} == misses
