"""Gradient-boosted trees on hand-crafted cell features alone."""

from __future__ import annotations

from typing import Any

from baselines.classic.xgboost_trees import XGBoostEntry
from baselines.classic.xgboost_trees import search_space as inherited_space


class XGBoostCells(XGBoostEntry):
    """Boost trees on aggregates of size, shape, colour and texture of a specimen's cells.

    What classic image analysis gets from the smear; the row that an image network has to beat.
    Hyper-parameters are those of ``XGBoostEntry``.

    Reference: Tavakoli et al., "New segmentation and feature extraction algorithm for classification of white blood
    cells in peripheral smear images", Scientific Reports 2021, https://doi.org/10.1038/s41598-021-98599-0 (features);
    Chen and Guestrin, "XGBoost: a scalable tree boosting system", KDD 2016, https://doi.org/10.1145/2939672.2939785
    Differs from the paper in: boosted trees in place of a support vector machine; features of many cells aggregated.
    """

    needs: frozenset[str] = frozenset({"images"})
    groups = ("cells",)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``XGBoostCells``."""
    return inherited_space(trial)
