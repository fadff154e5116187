"""Strata of the bootstrap that are large enough to show how patients differ within them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FEW_OF_STRATUM = 5  # patients of a stratum, below which the domains of its class are drawn together


def pooled(classes: NDArray[np.str_], cells: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return the stratum of each patient: its cell, or its class where a cell of that class has few patients.

    A stratum of n patients gives (n - 1) / n of their variance, one of a single patient none. A class of one patient is
    therefore drawn together with the smallest other stratum (collapsed strata): the spread comes out too large rather
    than 0.

    Args:
        classes: What must stay apart if it can, such as the class of each patient, (n_patients,).
        cells: Finer, such as class x domain, (n_patients,).

    Returns:
        int64 (n_patients,), codes from 0.

    Reference: K. Wolter, Introduction to Variance Estimation, 2007, section 2.5 (collapsed strata).
    """
    named = np.char.add(np.char.add(classes.astype(str), "\n"), cells.astype(str))
    _, cell, size = np.unique(named, return_inverse=True, return_counts=True)
    small = np.isin(classes, classes[size[cell] < FEW_OF_STRATUM])
    codes = np.unique(np.where(small, classes, named), return_inverse=True)[1].astype(np.int64)
    while len(codes):
        kinds, sizes = np.unique(codes, return_counts=True)
        order = np.argsort(sizes, kind="stable")
        if sizes[order[0]] > 1 or len(kinds) == 1:
            break
        codes[codes == kinds[order[0]]] = kinds[order[1]]
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)
