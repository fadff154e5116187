"""Gradient-boosted trees on clinical values and genes, without images."""

from __future__ import annotations

from typing import Any

from baselines.classic.xgboost_trees import XGBoostEntry
from baselines.classic.xgboost_trees import search_space as inherited_space


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
    return inherited_space(trial)
