"""How large a pixel of each generated picture is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.drawing.stain import OPTICS, prepare_slide
from datasets.simulate.shared import SITES, Stream, generator

_NOMINAL_PX = 128  # pixel sizes of sites are given at this image size


def um_per_px(site: NDArray[np.int64], image_size: int, seed: int) -> NDArray[np.float64]:
    """Return the pixel size of each patient's slide in micrometres, float64 (n,).

    Args:
        site: Position in ``SITES``, (n,).
        image_size: Pixels across.
        seed: Seed of the cohort.
    """
    slides = [prepare_slide(OPTICS[SITES[s]], generator(seed, Stream.SLIDE, i)) for i, s in enumerate(site.tolist())]
    return np.array([slide.um_per_px for slide in slides]) * _NOMINAL_PX / image_size
