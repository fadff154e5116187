"""Intermediate results that several scores of one block of resamples need, made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_only(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a view that cannot be written to: the mark that makes ``shared`` functions keep what they made of it."""
    view = weights.view()
    view.flags.writeable = False
    return view


def shared(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the last result of ``function(y, proba, weights, ...)`` for another call with the very same arrays.

    Only where ``weights`` cannot be written to (``read_only``), so that nothing is remembered of what may have changed.
    """
    last: list[tuple[tuple[object, ...], Any]] = []

    @wraps(function)
    def told(y: object, proba: object, weights: NDArray[np.float64], *rest: object) -> Any:
        if weights.flags.writeable:
            return function(y, proba, weights, *rest)
        given = (y, proba, weights, *rest)
        if not last or len(last[0][0]) != len(given) or any(a is not b for a, b in zip(last[0][0], given, strict=True)):
            last[:] = [(given, function(*given))]
        return last[0][1]

    return told
