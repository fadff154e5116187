"""What rules of several diseases read alike: clinical values with checked units, sex, shares of cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import Cohort

FEWEST_CELLS = 5


def absent(cohort: Cohort) -> NDArray[np.float64]:
    """Return NaN for every specimen, float64 (n,)."""
    return np.full(len(cohort), np.nan)


def clinical_values(cohort: Cohort, name: str, unit: str) -> NDArray[np.float64]:
    """Return a clinical column, float64 (n,), NaN where it or its value is missing.

    Raises:
        ValueError: If the column is in another unit than ``unit``.
    """
    if cohort.clinical is None or name not in cohort.clinical.columns:
        return absent(cohort)
    if cohort.units.get(name) != unit:
        raise ValueError(
            f"clinical[{name!r}] is in {cohort.units.get(name)!r}, the rules need {unit!r}. "
            "Convert the column in the dataset's loader."
        )
    return cohort.clinical[name].to_numpy(dtype=np.float64, na_value=np.nan)


def is_male(cohort: Cohort) -> NDArray[np.float64]:
    """Return 1 for male, 0 for female, NaN for unknown, float64 (n,).

    Raises:
        ValueError: If the column ``sex`` holds other words.
    """
    if cohort.clinical is None or "sex" not in cohort.clinical.columns:
        return absent(cohort)
    sex = cohort.clinical["sex"]
    strange = sorted(set(sex.dropna().astype(str)) - {"female", "male"})
    if strange:
        raise ValueError(f"clinical['sex'] holds {strange}, the rules need 'female' and 'male'")
    return np.where(sex.isna(), np.nan, (sex == "male").to_numpy(dtype=np.float64))


def share_of_cells(cohort: Cohort, chosen: NDArray[np.bool_], found: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share of chosen cells among those that were found, float64 (n,); NaN below ``FEWEST_CELLS``.

    Args:
        cohort: Specimens with images.
        chosen: Images that count, bool (m,) as ``cohort.images.pixels``.
        found: Images in which a cell was found, bool (m,).
    """
    assert cohort.images is not None
    cells = [rows[found[rows]] for rows in map(cohort.images.bag_rows, range(len(cohort)))]
    return np.array([chosen[rows].mean() if len(rows) >= FEWEST_CELLS else np.nan for rows in cells], dtype=np.float64)
