"""Numbers that a user asks for: kept in one type where they are in range, named where not."""

import numpy as np
import pytest

from datasets.simulate.shared.numeric import real, whole


@pytest.mark.parametrize(("value", "wanted"), [(2, 2), (np.int64(5), 5), (4, 4)])
def test_whole_numbers_in_range_are_kept_as_int(value, wanted):
    got = whole("here", "size", value, 2, 5)
    assert got == wanted and type(got) is int


@pytest.mark.parametrize("value", [1, 6, True, 3.0, "3", None, np.float64(3)])
def test_what_is_no_whole_number_in_range_is_named(value):
    with pytest.raises(ValueError, match=r"here: size=.*2 to 5"):
        whole("here", "size", value, 2, 5)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.25), np.int64(1)])
def test_numbers_in_range_are_kept_as_float(value):
    got = real("here", "share", value, 0, 1)
    assert got == value and type(got) is float


@pytest.mark.parametrize("value", [-1e-9, 1.0001, True, "0.5", None, float("nan"), 1j])
def test_what_is_no_number_in_range_is_named(value):
    with pytest.raises(ValueError, match=r"here: share=.*0 to 1"):
        real("here", "share", value, 0, 1)
