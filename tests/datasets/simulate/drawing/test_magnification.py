"""How large a pixel is: that of the field, or of the camera."""

import numpy as np
import pytest

from datasets.simulate.drawing.magnification import pixel_um, um_per_px
from datasets.simulate.drawing.stain import OPTICS, prepare_slide


def test_a_picture_is_28_um_wide_or_as_wide_as_its_camera_makes_it():
    site = np.array([2, 0, 1, 2])
    np.testing.assert_array_equal(um_per_px(site, 64, 5), np.full(4, 28 / 64))
    cameras = [prepare_slide(OPTICS["ABC"[s]], np.random.default_rng([5, 11, i])).um_per_px for i, s in enumerate(site)]
    got = um_per_px(site, 64, 5, unknown_scale=True)
    np.testing.assert_allclose(got, 28 / 64 * np.array(cameras) / 0.16)
    slide = prepare_slide(OPTICS["B"], np.random.default_rng(0))
    assert pixel_um(slide, 28, unknown_scale=False) == 1 and pixel_um(slide, 28, unknown_scale=True) == 0.18 / 0.16
    assert got[2] == pytest.approx(28 / 64 * 1.125)
