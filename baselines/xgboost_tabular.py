"""Gradient-boosted trees on clinical values and genes, without images."""

from __future__ import annotations

from typing import Any

from baselines import xgboost_trees
from baselines.xgboost_trees import XGBoostEntry


class XGBoostTabular(XGBoostEntry):
    """Boost trees on whichever of clinical values and genes a dataset has.

    Runs with either, so it needs neither in particular; ``fit`` raises ``ValueError`` on a dataset without both.
    Hyper-parameters are those of ``XGBoostEntry``.

    Reference: Chen and Guestrin, "XGBoost: a scalable tree boosting system", KDD 2016,
    https://doi.org/10.1145/2939672.2939785
    """

    groups = ("clinical", "genes")


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``XGBoostTabular``."""
    return xgboost_trees.search_space(trial)
