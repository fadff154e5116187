"""Hypothesis strategies for metrics: labels, probabilities with ties, weights with zeros."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray


class Case(NamedTuple):
    """Inputs of a metric: y (n,), proba (n, K), weights (B, n)."""

    y: NDArray[np.int64]
    proba: NDArray[np.float64]
    weights: NDArray[np.float64]

    def resample(self, b: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the rows that resample b holds, and their weights."""
        rows = self.weights[b] > 0
        return self.y[rows], self.proba[rows], self.weights[b, rows]


@st.composite
def cases(draw: st.DrawFn, min_classes: int = 2, max_classes: int = 5) -> Case:
    """Draw a case of 1 to 30 rows and 4 resamples; few levels of probability, so that ties are common."""
    n_classes = draw(st.integers(min_classes, max_classes))
    n = draw(st.integers(1, 30))
    y = draw(arrays.arrays(np.int64, n, elements=st.integers(0, n_classes - 1)))
    levels = draw(arrays.arrays(np.float64, (n, n_classes), elements=st.integers(1, 6).map(float)))
    weights = draw(arrays.arrays(np.float64, (4, n), elements=st.integers(0, 3).map(float)))
    return Case(y, levels / levels.sum(axis=1, keepdims=True), weights)
