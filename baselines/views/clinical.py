"""The part ``clinical = "columns"``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from baselines.classic import Transform
from datasets.cohort import Cohort


@dataclass(frozen=True, kw_only=True)
class ClinicalColumns:
    """Numeric columns as they are, category columns one-hot over the categories of the training column.

    A missing value is NaN. A category that training did not have counts as none of the known ones: zero.
    """

    group: ClassVar[str] = "clinical"

    def lacking(self, cohort: Cohort) -> str:
        """Return what a dataset lacks for this view, "" when it has all."""
        return "" if cohort.clinical is not None else "clinical values"

    def fit(self, train: Cohort) -> Transform:
        """Fix the columns by ``train``."""
        known = dict(_clinical_columns(train))
        return lambda cohort: _clinical(cohort, known)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest nothing: there is nothing to choose."""
    return {}


def _clinical(cohort: Cohort, known: dict[str, tuple[object, ...] | None]) -> pd.DataFrame:
    assert cohort.clinical is not None
    missing = [c for c in known if c not in cohort.clinical.columns]
    if missing:
        raise ValueError(f"clinical: cohort {cohort.name!r} lacks columns {missing}, which training had")
    parts = [_clinical_part(cohort.clinical[c], categories) for c, categories in known.items()]
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=range(len(cohort)))


def _clinical_columns(train: Cohort) -> Iterator[tuple[str, tuple[object, ...] | None]]:
    assert train.clinical is not None
    for column in train.clinical.columns:
        kind = train.clinical[column].dtype
        yield column, tuple(kind.categories) if isinstance(kind, pd.CategoricalDtype) else None


def _clinical_part(values: pd.Series, known: tuple[object, ...] | None) -> pd.DataFrame:
    name = f"clinical:{values.name}"
    if known is None:
        return pd.DataFrame({name: values.to_numpy(dtype=np.float64, na_value=np.nan)})
    missing = values.isna().to_numpy()
    hot = {f"{name}={k}": np.where(missing, np.nan, (values == k).to_numpy(dtype=np.float64)) for k in known}
    return pd.DataFrame(hot)
