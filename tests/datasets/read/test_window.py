"""A square around a point that stays inside the image, beside every square that could be cut."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from datasets.read.window import Window


@given(st.integers(1, 12), st.floats(-5, 30), st.floats(-5, 30), st.integers(1, 25), st.integers(1, 25))
def test_of_all_squares_inside_the_one_nearest_to_the_point_is_cut(side, column, row, width, height):
    assume(min(width, height) >= side)
    left, top, right, bottom = Window(side, column, row).box(width, height)
    assert (right - left, bottom - top) == (side, side)
    for place, middle, length in ((left, column, width), (top, row, height)):
        assert 0 <= place <= length - side
        gaps = [abs(k + side / 2 - middle) for k in range(length - side + 1)]
        assert abs(place + side / 2 - middle) < min(gaps) + 1  # whole pixels


@pytest.mark.parametrize(
    ("column", "row", "box"),
    [(50, 30, (40, 20, 60, 40)), (50.9, 30.9, (40, 20, 60, 40)), (3, 30, (0, 20, 20, 40)), (50, 2, (40, 0, 60, 20)),
     (99, 30, (80, 20, 100, 40)), (50, 79, (40, 60, 60, 80))],
)  # fmt: skip
def test_a_square_that_would_stick_out_is_pushed_in(column, row, box):
    assert Window(20, column, row).box(100, 80) == box


@pytest.mark.parametrize(("width", "height"), [(19, 80), (100, 19)])
def test_an_image_that_does_not_hold_the_square_is_refused(width, height):
    assert Window(20, 10, 10).box(20, 20) == (0, 0, 20, 20)
    with pytest.raises(ValueError, match=f"{width}x{height} pixels, smaller than the square of 20"):
        Window(20, 10, 10).box(width, height)
