"""How large a pixel of each generated picture is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.drawing.stain import OPTICS, Slide, prepare_slide
from datasets.simulate.shared import SITES, Stream, generator

FIELD_UM = 28.0
_NOMINAL_UM = 0.16  # a pixel of the camera whose pictures show the whole field as they are


def um_per_px(
    site: NDArray[np.int64], image_size: int, seed: int, *, unknown_scale: bool = False
) -> NDArray[np.float64]:
    """Return the pixel size of each patient's images in micrometres, float64 (n,).

    Args:
        site: Position in ``SITES``, (n,).
        image_size: Pixels across.
        seed: Seed of the cohort.
        unknown_scale: Whether images keep the pixel size of their camera instead of one common size.
    """
    slides = [prepare_slide(OPTICS[SITES[s]], generator(seed, Stream.SLIDE, i)) for i, s in enumerate(site.tolist())]
    return np.array([pixel_um(slide, image_size, unknown_scale) for slide in slides])


def pixel_um(slide: Slide, image_size: int, unknown_scale: bool) -> float:
    """Return the size of a pixel in micrometres: that of the field, larger or smaller where the scale is unknown."""
    return FIELD_UM / image_size * (slide.um_per_px / _NOMINAL_UM if unknown_scale else 1.0)
