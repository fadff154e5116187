"""Measured features of cells."""

from baselines.features.cell_features import FEATURES, cached_cell_features

__all__ = ["FEATURES", "cached_cell_features"]
