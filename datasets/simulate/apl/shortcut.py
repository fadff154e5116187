"""A planted shortcut: slides of one class carry a scale bar in a corner more often than slides of the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.shared import CLASSES, Stream, patient_uniforms

_CLASS = CLASSES.index("PML-RARA")


def scale_bars(y: NDArray[np.int64], correlation: float, seed: int) -> NDArray[np.bool_]:
    """Return whose pictures carry the bar, bool (n,).

    P(bar | PML-RARA) = (1 + correlation) / 2 and P(bar | other) = (1 - correlation) / 2, so at 1 the bar is
    the class; at 0 the option is off and nobody has a bar. Patients of none of the classes (-1) are "other".
    """
    if correlation == 0:
        return np.zeros(len(y), bool)
    sign = np.where(y == _CLASS, correlation, -correlation)
    return patient_uniforms(seed, Stream.SCALE_BAR, len(y), (1,))[:, 0] < (1 + sign) / 2
