"""The effect scale: every class difference shrunk or stretched about the mean of the classes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, softmax

Link = Literal["identity", "log", "logit", "probabilities"]


def scaled(values: ArrayLike, effect: float, link: Link = "identity") -> NDArray[np.float64]:
    """Return m + effect * (values - m) on the scale of ``link``, where m is the mean over classes (axis 0).

    Args:
        values: Float array, (n_classes, ...); for ``probabilities`` the last axis sums to 1.
        effect: 0 removes the class differences, 1 keeps them.
        link: Scale on which differences are stretched; the result is on the scale of ``values``.
    """
    table = np.asarray(values, dtype=np.float64)
    if link == "identity":
        return _stretched(table, effect)
    if link == "logit":
        return expit(_stretched(logit(table), effect))
    stretched = _stretched(np.log(table), effect)
    return np.exp(stretched) if link == "log" else softmax(stretched, axis=-1)


def _stretched(table: NDArray[np.float64], effect: float) -> NDArray[np.float64]:
    centre = table.mean(axis=0)
    return centre + effect * (table - centre)
