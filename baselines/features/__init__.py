"""Measured features of cells, frames and specimens."""

from baselines.features.background_colours import background_table
from baselines.features.cell_features import FEATURES, cached_cell_features
from baselines.features.features import DEFAULT_GROUPS, FeatureTable, available_groups

__all__ = ["DEFAULT_GROUPS", "FEATURES", "FeatureTable", "available_groups", "background_table", "cached_cell_features"]
