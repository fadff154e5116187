"""Values in the types of their hyper-parameters, and bounds that a dataset sets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmark.entries.interval import Interval
from benchmark.entries.source_facts import Setting
from benchmark.entries.usage import UsageError
from benchmark.entries.value_check import check_bounds, checked_value, class_settings
from tests.toy import toy_cohort

POSITIVE = Interval.read("[0, inf)")
NUMBER, COUNT = Setting(0.5, ("float",), (), POSITIVE), Setting(3, ("int",), (), POSITIVE)


@pytest.mark.parametrize(
    ("setting", "value", "taken"),
    [
        (NUMBER, 3, 3.0), (NUMBER, 0.25, 0.25), (COUNT, 3, 3), (Setting(1, ("int", "float")), 3, 3),
        (NUMBER, int(1e300) - 1, float(int(1e300) - 1)),
        (Setting("x", ("str",)), 3, "3"), (Setting("x", ("str",)), True, "true"),
        (Setting(True, ("bool",)), False, False), (Setting("a", (), ("a", "b")), "b", "b"),
        (Setting("a", ("float",), ("a",), POSITIVE), "a", "a"), (Setting("a", ("float",), ("a",), POSITIVE), 1, 1.0),
    ],
)  # fmt: skip
def test_a_value_is_taken_in_the_type_of_its_default(setting, value, taken):
    found = checked_value("here", "k", setting, value)
    assert found == taken and type(found) is type(taken)


@pytest.mark.parametrize(
    ("setting", "value", "must"),
    [
        (NUMBER, -1, "at least 0"), (NUMBER, int(1e300), "finite"), (NUMBER, -int(1e300), "finite"),
        (NUMBER, "x", "a number at least 0"), (NUMBER, True, "a number at least 0"),
        (COUNT, 1.0, "a whole number at least 0"),
        (Setting(True, ("bool",)), 1, "true or false"), (Setting("a", (), ("a", "b")), "c", "one of a, b"),
        (Setting("a", (), ("a",)), "c", "a"), (Setting(1, ("int", "float")), "x", "a whole number or a number"),
        (Setting("a", ("float",), ("a",), POSITIVE), "b", "a number at least 0, or a"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_what_must_stand_there(setting, value, must):
    with pytest.raises(UsageError) as refused:
        checked_value("here", "k", setting, value)
    assert str(refused.value).endswith(f": must be {must}") and str(refused.value).startswith("here: k = ")


@pytest.mark.parametrize(("height", "width"), [(24, 40), (40, 24)])
def test_the_shorter_side_of_images_bounds_what_reads_them(height, width):
    cohort = toy_cohort(n=6)
    pixels = np.zeros((len(cohort.images.pixels), height, width, 3), np.uint8)
    cohort = replace(cohort, images=replace(cohort.images, pixels=pixels))
    known = {
        "patch": Setting(8, ("int",), (), Interval.read("[1, image side]")),
        "n": COUNT,
        "w": Setting("a", ("str",)),
    }
    check_bounds("here", known, {"patch": 24, "n": 1000, "w": "x"}, cohort)
    with pytest.raises(UsageError, match=r"^here: patch = 25: must be at most 24, the side of the images of toy"):
        check_bounds("here", known, {"patch": 25}, cohort)
    check_bounds("here", known, {"patch": 25}, toy_cohort(n=6, images=False))


def test_a_class_tells_what_its_signature_annotates():
    class Mine:
        def __init__(self, *, seed=0, n: int = 3, rate: float | int = 0.5):
            pass

    assert class_settings(Mine) == {"n": Setting(3, ("int",)), "rate": Setting(0.5, ("float", "int"))}
