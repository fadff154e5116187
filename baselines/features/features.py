"""The tabular view of a cohort: one row a specimen, one readable column a feature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.features.cell_features import FEATURES, cached_cell_features
from baselines.features.shortcut_features import border_table, missingness_table
from datasets.cohort import Cohort, ImageBags

GROUPS = ("clinical", "genes", "cells", "differential", "missingness", "border")
DEFAULT_GROUPS = ("clinical", "genes", "cells")
AGGREGATES = ("mean", "sd", "p10", "p50", "p90")


def available_groups(cohort: Cohort) -> tuple[str, ...]:
    """Return which of ``GROUPS`` the dataset has at all."""
    images = cohort.images
    have = (
        cohort.clinical is not None,
        cohort.genes is not None,
        images is not None,
        images is not None and images.cell_type is not None,
        True,
        images is not None,
    )
    return tuple(group for group, there in zip(GROUPS, have, strict=True) if there)


class FeatureTable:
    """Turn cohorts into matrices whose columns were fixed by the training cohort.

    Groups:

    - ``clinical``: numeric columns as they are, category columns one-hot over the categories of the training column;
    - ``genes``: one column a gene;
    - ``cells``: mean, sd and 10th, 50th, 90th percentile of hand-crafted features over the specimen's cells;
    - ``differential``: share of each cell type in the bag. The types are a technician's annotation, not a measurement
      of the image, so only entries that say so ask for this group;
    - ``missingness`` and ``border``: what controls read, see ``baselines.features.shortcut_features``.

    What a specimen lacks is NaN. A category or cell type that training did not have counts as none of the known
    ones: its columns are zero.

    Args:
        groups: Groups wanted; those that a dataset lacks are left out.
    """

    def __init__(self, groups: Sequence[str] = DEFAULT_GROUPS) -> None:
        unknown = sorted(set(groups) - set(GROUPS))
        if unknown:
            raise ValueError(f"groups: unknown {unknown}; known are {list(GROUPS)}")
        self.groups = tuple(groups)

    def fit(self, train: Cohort) -> Self:
        """Fix the groups and columns.

        Raises:
            ValueError: If the dataset has none of the wanted groups.
        """
        self.groups_ = tuple(g for g in self.groups if g in available_groups(train))
        if not self.groups_:
            have = ", ".join(available_groups(train)) or "none"
            raise ValueError(
                f"dataset {train.name!r} has none of the feature groups {list(self.groups)} (it has: {have}). "
                "Choose another entry for this dataset."
            )
        self.clinical_ = dict(_clinical_columns(train)) if "clinical" in self.groups_ else {}
        self.genes_ = train.gene_names if "genes" in self.groups_ else ()
        self.types_ = _types_present(train.images) if "differential" in self.groups_ else ()
        return self

    def facts(self) -> dict[str, object]:
        """Return the groups, and whether one of them is computed once and kept, for an entry's report."""
        return {"groups": list(self.groups_), "kept_features": "cells" in self.groups_}

    def transform(self, cohort: Cohort) -> pd.DataFrame:
        """Return the features, float64, (n, n_features), columns as at ``fit``.

        Raises:
            ValueError: If ``cohort`` lacks a group or column that the training cohort had.
        """
        absent = [g for g in self.groups_ if g not in available_groups(cohort)]
        if absent:
            raise ValueError(f"cohort {cohort.name!r} lacks {absent}, which the training cohort had")
        tables = {"clinical": self._clinical, "genes": self._genes, "cells": cells_table}
        tables |= {"differential": self._differential, "missingness": missingness_table, "border": border_table}
        return pd.concat([tables[g](cohort) for g in self.groups_], axis=1)

    def _clinical(self, cohort: Cohort) -> pd.DataFrame:
        assert cohort.clinical is not None
        missing = [c for c in self.clinical_ if c not in cohort.clinical.columns]
        if missing:
            raise ValueError(f"clinical: cohort {cohort.name!r} lacks columns {missing}, which training had")
        parts = [_clinical_part(cohort.clinical[c], known) for c, known in self.clinical_.items()]
        return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=range(len(cohort)))

    def _genes(self, cohort: Cohort) -> pd.DataFrame:
        if cohort.gene_names != self.genes_:
            raise ValueError(f"genes: cohort {cohort.name!r} has other gene_names, or another order, than training")
        assert cohort.genes is not None
        values = np.where(cohort.has("genes")[:, None], cohort.genes, np.nan).astype(np.float64)
        return pd.DataFrame(values, columns=[f"genes:{g}" for g in self.genes_])

    def _differential(self, cohort: Cohort) -> pd.DataFrame:
        assert cohort.images is not None
        shares = [_shares(cohort.images, i, self.types_) for i in range(len(cohort))]
        columns = [f"differential:{t}" for t in self.types_]
        return pd.DataFrame(np.reshape(shares, (len(cohort), len(columns))), columns=columns)


def cells_table(cohort: Cohort) -> pd.DataFrame:
    """Return aggregates of the cell features of each specimen, float64 (n, 5 x len(FEATURES)); NaN for empty bags."""
    assert cohort.images is not None
    features = cached_cell_features(cohort.images.pixels)
    rows = [_aggregate(features[cohort.images.bag_rows(i)]) for i in range(len(cohort))]
    columns = [f"cells:{f}:{a}" for a in AGGREGATES for f in FEATURES]
    return pd.DataFrame(np.reshape(rows, (len(cohort), len(columns))), columns=columns)


def _aggregate(cells: NDArray[np.float32]) -> NDArray[np.float64]:
    if not len(cells):
        return np.full(len(AGGREGATES) * cells.shape[1], np.nan)
    cells = cells.astype(np.float64)
    quantiles = np.percentile(cells, (10, 50, 90), axis=0)
    return np.concatenate([cells.mean(axis=0), cells.std(axis=0), *quantiles])


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


def _types_present(images: ImageBags | None) -> tuple[str, ...]:
    assert images is not None and images.cell_type is not None
    return tuple(np.unique(images.cell_type[images.all_rows()]).tolist())


def _shares(images: ImageBags, i: int, types: tuple[str, ...]) -> NDArray[np.float64]:
    assert images.cell_type is not None
    names = images.cell_type[images.bag_rows(i)]
    if not len(names):
        return np.full(len(types), np.nan)
    return np.array([(names == t).mean() for t in types], dtype=np.float64)
